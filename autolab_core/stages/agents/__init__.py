"""Stages that an agent does: handed over, carried out under the guard, taken back; and what its harness is told."""
