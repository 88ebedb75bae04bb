-- What people decide: held candidates approved or rejected, rollbacks with an end, additions of a
-- held week handed out beside the snapshot before it.

ALTER TABLE "hold" ADD COLUMN     "decided_at" TIMESTAMPTZ(3),
ADD COLUMN     "decided_by" TEXT,
ADD COLUMN     "decision_reason" TEXT,
ADD COLUMN     "diff" JSONB,
ADD COLUMN     "strategy" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "url" TEXT NOT NULL DEFAULT '';

ALTER TABLE "publication" ADD COLUMN     "additions_of" INTEGER,
ADD COLUMN     "until" TIMESTAMPTZ(3);

ALTER TABLE "publication" ADD CONSTRAINT "publication_additions_of_fkey" FOREIGN KEY ("additions_of") REFERENCES "hold"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Written by hand: rules that Prisma's schema language cannot say.

ALTER TABLE "publication"
    DROP CONSTRAINT "publication_kind_known",
    ADD CONSTRAINT "publication_kind_known" CHECK ("kind" IN
        ('sync', 'import', 'approval', 'additions', 'rejection', 'rollback', 'release', 'purge')),
    ADD CONSTRAINT "publication_until_of_rollback" CHECK ("until" IS NULL OR "kind" = 'rollback');

ALTER TABLE "run"
    DROP CONSTRAINT "run_outcome_known",
    ADD CONSTRAINT "run_outcome_known" CHECK ("outcome" IN
        ('published', 'accepted', 'unchanged', 'refused', 'held', 'failed', 'would-publish'));

-- Decisions name who made them.
ALTER TABLE "hold"
    ADD CONSTRAINT "hold_decision_is_named"
        CHECK ("state" NOT IN ('approved', 'rejected') OR "decided_by" IS NOT NULL);
