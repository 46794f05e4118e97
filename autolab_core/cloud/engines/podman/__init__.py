"""The engine of podman on this machine."""
