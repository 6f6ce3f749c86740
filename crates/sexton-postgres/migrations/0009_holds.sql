-- Holds: for which case, on which condition where they are on no single root, and who released
-- them and why. A hold on a condition has an empty root.

ALTER TABLE sexton.holds ADD COLUMN case_name text;
ALTER TABLE sexton.holds ADD COLUMN condition text;
ALTER TABLE sexton.holds ADD COLUMN released_by text;
ALTER TABLE sexton.holds ADD COLUMN released_because text;
