"""Looks at an uploaded file before anything of it is stored: what it really is, whether it can do harm, what it says of itself.

Pure: bytes in, `Checked` or `BadUpload` out; no database, no settings, no storage. `reading.check_upload` is the door.
"""
