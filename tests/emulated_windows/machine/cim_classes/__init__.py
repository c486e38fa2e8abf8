"""The CIM classes, one file a subject. Every file here is loaded."""
