//! Stage 4: generations, their snapshot, and the selection of mirrors.
