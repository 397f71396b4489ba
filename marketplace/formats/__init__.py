"""Dates in pages and letters look the same in every language: 2026-11-23, 2026-11-23 14:05."""
