"""Queries, documents and relevance judgments, from files in BEIR's layout or from the Hub."""
