"""What each module does on an emulated host: one file a family. Every file here is loaded."""
