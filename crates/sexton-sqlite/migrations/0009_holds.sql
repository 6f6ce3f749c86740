-- Holds: for which case, on which condition where they are on no single root, and who released
-- them and why. A hold on a condition has an empty root.

ALTER TABLE sexton_holds ADD COLUMN case_name TEXT;
ALTER TABLE sexton_holds ADD COLUMN condition TEXT;
ALTER TABLE sexton_holds ADD COLUMN released_by TEXT;
ALTER TABLE sexton_holds ADD COLUMN released_because TEXT;
