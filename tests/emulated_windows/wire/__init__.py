"""WS-Management as WinRM speaks it: HTTP(S), NTLM, message encryption, shells and commands."""
