"""Files: resumable uploads, and their bytes in a folder or in an object store."""
