-- The built-in text that an edited rule began with: tells whether a newer Vedette brings another one.
ALTER TABLE "rule" ADD COLUMN "built_in" TEXT;
