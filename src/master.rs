//! Stage 1: records what mirrors should have.
