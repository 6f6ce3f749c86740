-- How far a promise is: what came of objects so far, and where it goes on. JSON.

ALTER TABLE sexton_intents ADD COLUMN progress TEXT;
