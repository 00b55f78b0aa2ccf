//! Applying a listing: directories, short lists and file details of one category.
