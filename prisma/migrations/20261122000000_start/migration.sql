CREATE TABLE "cloud" (
    "name" TEXT NOT NULL,
    "serial" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "cloud_pkey" PRIMARY KEY ("name")
);

CREATE TABLE "document" (
    "id" SERIAL NOT NULL,
    "sha256" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "body" BYTEA NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "document_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "sighting" (
    "id" SERIAL NOT NULL,
    "cloud" TEXT NOT NULL,
    "file_date" DATE NOT NULL,
    "document_id" INTEGER NOT NULL,
    "strategy" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "etag" TEXT,
    "last_modified" TEXT,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sighting_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "snapshot" (
    "id" TEXT NOT NULL,
    "cloud" TEXT NOT NULL,
    "file_date" DATE NOT NULL,
    "revision" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "document_id" INTEGER NOT NULL,
    "content_hash" TEXT NOT NULL,
    "change_number" INTEGER NOT NULL,
    "tags" INTEGER NOT NULL,
    "memberships" INTEGER NOT NULL,
    "accepted_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "snapshot_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "publication" (
    "cloud" TEXT NOT NULL,
    "serial" INTEGER NOT NULL,
    "snapshot_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "published_by" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "published_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "publication_pkey" PRIMARY KEY ("cloud","serial")
);

CREATE TABLE "hold" (
    "id" SERIAL NOT NULL,
    "cloud" TEXT NOT NULL,
    "file_date" DATE NOT NULL,
    "document_id" INTEGER NOT NULL,
    "content_hash" TEXT NOT NULL,
    "reasons" JSONB NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "hold_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "run" (
    "id" UUID NOT NULL,
    "cloud" TEXT NOT NULL,
    "trigger" TEXT NOT NULL,
    "dry_run" BOOLEAN NOT NULL DEFAULT false,
    "state" TEXT NOT NULL DEFAULT 'queued',
    "outcome" TEXT,
    "detail" JSONB,
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "run_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "tag" (
    "id" SERIAL NOT NULL,
    "cloud" TEXT NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "tag_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "prefix" (
    "id" SERIAL NOT NULL,
    "text" TEXT NOT NULL,

    CONSTRAINT "prefix_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "membership_interval" (
    "tag_id" INTEGER NOT NULL,
    "prefix_id" INTEGER NOT NULL,
    "from_position" INTEGER NOT NULL,
    "until_position" INTEGER NOT NULL,

    CONSTRAINT "membership_interval_pkey" PRIMARY KEY ("prefix_id","tag_id","from_position")
);

CREATE TABLE "tag_interval" (
    "tag_id" INTEGER NOT NULL,
    "from_position" INTEGER NOT NULL,
    "until_position" INTEGER NOT NULL,
    "region" TEXT NOT NULL,
    "region_id" INTEGER NOT NULL,
    "system_service" TEXT NOT NULL,
    "network_features" TEXT[],

    CONSTRAINT "tag_interval_pkey" PRIMARY KEY ("tag_id","from_position")
);

CREATE TABLE "allowlist" (
    "name" TEXT NOT NULL,
    "definition" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "allowlist_pkey" PRIMARY KEY ("name")
);

CREATE TABLE "list_version" (
    "list" TEXT NOT NULL,
    "serial" INTEGER NOT NULL,
    "content_hash" TEXT NOT NULL,
    "snapshot_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "list_version_pkey" PRIMARY KEY ("list","serial")
);

CREATE TABLE "list_bytes" (
    "list" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "changed_at" TIMESTAMPTZ(0) NOT NULL,

    CONSTRAINT "list_bytes_pkey" PRIMARY KEY ("list","format")
);

CREATE UNIQUE INDEX "document_sha256_key" ON "document"("sha256");

CREATE INDEX "sighting_url_idx" ON "sighting"("url");

CREATE UNIQUE INDEX "sighting_cloud_file_date_document_id_strategy_url_key" ON "sighting"("cloud", "file_date", "document_id", "strategy", "url");

CREATE UNIQUE INDEX "snapshot_cloud_position_key" ON "snapshot"("cloud", "position");

CREATE UNIQUE INDEX "snapshot_cloud_file_date_content_hash_key" ON "snapshot"("cloud", "file_date", "content_hash");

CREATE UNIQUE INDEX "hold_cloud_file_date_content_hash_key" ON "hold"("cloud", "file_date", "content_hash");

CREATE INDEX "run_cloud_requested_at_idx" ON "run"("cloud", "requested_at" DESC);

CREATE UNIQUE INDEX "tag_cloud_name_key" ON "tag"("cloud", "name");

CREATE UNIQUE INDEX "prefix_text_key" ON "prefix"("text");

ALTER TABLE "sighting" ADD CONSTRAINT "sighting_document_id_fkey" FOREIGN KEY ("document_id") REFERENCES "document"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "snapshot" ADD CONSTRAINT "snapshot_document_id_fkey" FOREIGN KEY ("document_id") REFERENCES "document"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "publication" ADD CONSTRAINT "publication_snapshot_id_fkey" FOREIGN KEY ("snapshot_id") REFERENCES "snapshot"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "hold" ADD CONSTRAINT "hold_document_id_fkey" FOREIGN KEY ("document_id") REFERENCES "document"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "tag_interval" ADD CONSTRAINT "tag_interval_tag_id_fkey" FOREIGN KEY ("tag_id") REFERENCES "tag"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Written by hand: rules that Prisma's schema language cannot say.

-- Bodies are compressed already; PostgreSQL need not try again.
ALTER TABLE "document" ALTER COLUMN "body" SET STORAGE EXTERNAL;

ALTER TABLE "document"
    ADD CONSTRAINT "document_sha256_is_hex" CHECK ("sha256" ~ '^[0-9a-f]{64}$');

ALTER TABLE "snapshot"
    ADD CONSTRAINT "snapshot_content_hash_is_hex" CHECK ("content_hash" ~ '^[0-9a-f]{64}$'),
    ADD CONSTRAINT "snapshot_revision_in_range" CHECK ("revision" BETWEEN 0 AND 99),
    ADD CONSTRAINT "snapshot_position_is_date_and_revision"
        CHECK ("position" = to_char("file_date", 'YYYYMMDD')::integer * 100 + "revision");

ALTER TABLE "publication"
    ADD CONSTRAINT "publication_kind_known" CHECK ("kind" IN ('sync', 'import', 'rollback')),
    ADD CONSTRAINT "publication_serial_counts_from_one" CHECK ("serial" > 0);

ALTER TABLE "hold"
    ADD CONSTRAINT "hold_state_known"
        CHECK ("state" IN ('waiting', 'approved', 'rejected', 'replaced'));

ALTER TABLE "run"
    ADD CONSTRAINT "run_state_known" CHECK ("state" IN ('queued', 'running', 'finished')),
    ADD CONSTRAINT "run_outcome_known" CHECK ("outcome" IN
        ('published', 'unchanged', 'refused', 'held', 'failed', 'would-publish')),
    ADD CONSTRAINT "run_finished_has_outcome" CHECK (("state" = 'finished') = ("outcome" IS NOT NULL));

-- One real run per cloud is under way; asking again joins it. Dry runs write nothing.
CREATE UNIQUE INDEX "run_one_under_way" ON "run" ("cloud") WHERE "state" <> 'finished' AND NOT "dry_run";

ALTER TABLE "membership_interval"
    ADD CONSTRAINT "membership_interval_goes_forward" CHECK ("from_position" < "until_position");

ALTER TABLE "tag_interval"
    ADD CONSTRAINT "tag_interval_goes_forward" CHECK ("from_position" < "until_position");
