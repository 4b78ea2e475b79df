"""Checks of a corpus as a whole: are its rows aligned, and is each side in its language?"""
