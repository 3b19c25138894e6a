"""Headwater: which touch led to this sale?"""
