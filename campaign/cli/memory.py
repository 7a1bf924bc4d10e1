"""How polars' allocator is to give memory back.

Invariant: it is told before polars is loaded, for it asks only then; and who has told it something
else is left alone. What polars leaves in the environment is nobody's word: a program that has
loaded it, and starts ``campaign``, hands it on.

The allocator is jemalloc, which polars builds in so that pages no longer in use are given back with
``MADV_FREE`` alone: Linux counts them as ours until somebody wants them (madvise(2)). So a command
seemed to take more memory, and in a container with a limit does, the longer the list was that it
had read. ``muzzy_decay_ms:0`` gives them back for good, and ``dirty_decay_ms`` soon (jemalloc(3)).
Each of its arenas keeps free pages of its own; one for each core, in place of four, takes a fifth
less memory for the same list and no more time.
"""

from __future__ import annotations

import os

SETTING = "_RJEM_MALLOC_CONF"
"""Where jemalloc looks, under the prefix of the Rust crate that builds it (tikv-jemalloc-sys)."""

_GIVE_BACK = f"dirty_decay_ms:50,muzzy_decay_ms:0,narenas:{os.cpu_count() or 1}"

_OF_POLARS = "dirty_decay_ms:500,muzzy_decay_ms:1000"
"""What polars itself tells its allocator, by the environment of the process that loads it."""

_READ_AHEAD = {
    "POLARS_ROW_GROUP_PREFETCH_SIZE": "2",
    "POLARS_DEFAULT_DISTRIBUTOR_BUFFER_SIZE": "1",
    "POLARS_DEFAULT_LINEARIZER_BUFFER_SIZE": "1",
    "POLARS_DEFAULT_ZIP_HEAD_BUFFER_SIZE": "1",
    "POLARS_INFLIGHT_SINK_MORSEL_LIMIT": "2",
    "POLARS_CSV_CHUNK_SIZE": "1000000",
}
"""How far polars reads ahead and writes behind, and how much it keeps between two steps. It would
hold a hundred groups of rows of a list that is read faster than it is judged; a few keep both cores
at work. Polars documents none of them: where a version does not know one, it goes by its own."""


def give_back() -> None:
    """Tell the allocator, and polars how much to hold, where nobody has."""
    if os.environ.get(SETTING) == _OF_POLARS:
        del os.environ[SETTING]
    for name, value in {SETTING: _GIVE_BACK, **_READ_AHEAD}.items():
        os.environ.setdefault(name, value)
