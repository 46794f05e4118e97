"""``sync_to_remote``: the files of a run's tree to the far side, and the proof that they are there as they are here."""

from autolab_core.transfer.sending.parcel import OutgoingFile, Parcel
from autolab_core.transfer.sending.send import Shipment, pack, send

__all__ = ["OutgoingFile", "Parcel", "Shipment", "pack", "send"]
