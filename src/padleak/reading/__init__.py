"""Files of strangers: looked at before they are unpacked, and never unpickled."""
