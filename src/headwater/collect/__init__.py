"""Collect: what comes in over HTTP and from files, admitted, journalled and archived."""
