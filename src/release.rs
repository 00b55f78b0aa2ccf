//! Stage 2: written by the lead on branch main; see 0-NOTE-FROM-LEAD.txt.
