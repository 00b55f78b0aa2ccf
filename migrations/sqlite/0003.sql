-- The life cycle of releases: an emergency in which only the newest metadata counts, and changes that can be undone.

-- Until then only holders of the newest metadata are listed for the repository, and no older version is offered.
ALTER TABLE repository ADD COLUMN newest_only_until INTEGER;

-- The changes of one transaction have the id of the first of them; NULL = it stands alone.
ALTER TABLE change ADD COLUMN group_id INTEGER;
-- The group that this change takes back.
ALTER TABLE change ADD COLUMN undoes INTEGER;
-- The id of the row that was changed, so that one that comes back is the same row; NULL = not told.
ALTER TABLE change ADD COLUMN row_id INTEGER;
UPDATE change SET group_id = id;
CREATE INDEX change_group ON change (group_id);
