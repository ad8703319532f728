"""Measure what padding does to sequence models and what masking does about it."""

from padleak.audit import AuditReport, audit, audit_callable
from padleak.errors import InputError
from padleak.study.results import Results, load

__all__ = ["AuditReport", "InputError", "Results", "audit", "audit_callable", "load"]
