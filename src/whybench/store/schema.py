"""The tables of a store."""

from sqlalchemy import Boolean, Column, Float, Integer, MetaData, String, Table, Text

VERSION = 1
metadata = MetaData()

meta = Table("whybench", metadata, Column("version", Integer, primary_key=True))

plans = Table("plans", metadata, Column("key", String(64), primary_key=True), Column("body", Text, nullable=False))

runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("suite", Text, nullable=False),
    Column("body", Text, nullable=False),
)

explanations = Table(
    "explanations",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("digest", String(64)),
    Column("body", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("explanation", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
)

cells = Table(
    "cells",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("explanation", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("curves", String(64)),
    Column("body", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
)

scores = Table(
    "scores",
    metadata,
    Column("cell", String(64), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sample_id", Text, nullable=False),
    Column("score", Float(53)),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("correct", Boolean),
    Column("details", Text, nullable=False),
)

uses = Table(
    "uses",
    metadata,
    Column("cell", String(64), primary_key=True),
    Column("artifact", String(64), primary_key=True),
)

pictures = Table(
    "pictures",
    metadata,
    Column("bench", String(64), primary_key=True),
    Column("digest", String(64), nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("suite", Text, primary_key=True),
    Column("address", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("cell", String(64), nullable=False),
    Column("explanation", String(64), nullable=False),
)

timings = Table(
    "timings",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("suite", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
)
