-- Telling: events written with what they tell of, webhooks and their deliveries, checks of devices;
-- and what several replicas agree by: the moment a scheduled run is for, what a list's version admits.

ALTER TABLE "cloud" ADD COLUMN     "told_source" TEXT NOT NULL DEFAULT 'fine';

ALTER TABLE "list_bytes" ADD COLUMN     "serial" INTEGER NOT NULL DEFAULT 0;

ALTER TABLE "list_version" ADD COLUMN     "admitted" BYTEA,
ADD COLUMN     "seq" SERIAL NOT NULL;

ALTER TABLE "run" ADD COLUMN     "due_at" TIMESTAMPTZ(3);

CREATE TABLE "event" (
    "id" TEXT NOT NULL,
    "seq" SERIAL NOT NULL,
    "type" TEXT NOT NULL,
    "cloud" TEXT,
    "allowlist" TEXT,
    "key" TEXT,
    "facts" JSONB NOT NULL,
    "body" TEXT,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "size" BIGINT,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "faults" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "event_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "webhook" (
    "id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "format" TEXT NOT NULL DEFAULT 'standard',
    "events" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "clouds" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "allowlists" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "min_addresses" BIGINT NOT NULL DEFAULT 0,
    "secret" TEXT NOT NULL,
    "former_secret" TEXT,
    "former_until" TIMESTAMPTZ(3),
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "disabled_reason" TEXT,
    "disabled_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "webhook_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "delivery" (
    "id" SERIAL NOT NULL,
    "webhook_id" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "failures" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attempts" JSONB NOT NULL DEFAULT '[]',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "delivery_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "device_check" (
    "allowlist" TEXT NOT NULL,
    "device" TEXT NOT NULL,
    "checked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "in_step" BOOLEAN NOT NULL,
    "digest" TEXT NOT NULL,
    "drift" JSONB NOT NULL,

    CONSTRAINT "device_check_pkey" PRIMARY KEY ("allowlist","device")
);

CREATE UNIQUE INDEX "event_seq_key" ON "event"("seq");

CREATE UNIQUE INDEX "event_key_key" ON "event"("key");

CREATE INDEX "event_type_occurred_at_idx" ON "event"("type", "occurred_at");

CREATE INDEX "delivery_webhook_id_id_idx" ON "delivery"("webhook_id", "id");

CREATE INDEX "delivery_event_id_idx" ON "delivery"("event_id");

CREATE UNIQUE INDEX "delivery_webhook_id_event_id_key" ON "delivery"("webhook_id", "event_id");

CREATE UNIQUE INDEX "list_version_seq_key" ON "list_version"("seq");

CREATE INDEX "list_version_list_created_at_idx" ON "list_version"("list", "created_at");

CREATE UNIQUE INDEX "run_cloud_due_at_key" ON "run"("cloud", "due_at");

ALTER TABLE "delivery" ADD CONSTRAINT "delivery_webhook_id_fkey" FOREIGN KEY ("webhook_id") REFERENCES "webhook"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "delivery" ADD CONSTRAINT "delivery_event_id_fkey" FOREIGN KEY ("event_id") REFERENCES "event"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Written by hand: rules that Prisma's schema language cannot say.

ALTER TABLE "cloud"
    ADD CONSTRAINT "cloud_told_source_known" CHECK ("told_source" IN ('fine', 'quiet', 'failing'));

-- What it admits is compressed already.
ALTER TABLE "list_version" ALTER COLUMN "admitted" SET STORAGE EXTERNAL;

-- An id is part of what is signed, and a dot separates those parts (Standard Webhooks 1.0.0).
ALTER TABLE "event"
    ADD CONSTRAINT "event_id_has_no_dot" CHECK ("id" ~ '^[A-Za-z0-9_-]+$'),
    ADD CONSTRAINT "event_state_known" CHECK ("state" IN ('pending', 'told', 'nothing', 'failed')),
    ADD CONSTRAINT "event_told_has_body" CHECK ("state" <> 'told' OR "body" IS NOT NULL);

ALTER TABLE "webhook"
    ADD CONSTRAINT "webhook_disabled_has_reason" CHECK ("enabled" OR "disabled_reason" IS NOT NULL),
    ADD CONSTRAINT "webhook_former_secret_ends"
        CHECK (("former_secret" IS NULL) = ("former_until" IS NULL)),
    ADD CONSTRAINT "webhook_min_addresses_not_negative" CHECK ("min_addresses" >= 0);

ALTER TABLE "delivery"
    ADD CONSTRAINT "delivery_state_known" CHECK ("state" IN ('waiting', 'delivered', 'failed')),
    ADD CONSTRAINT "delivery_ended_has_time" CHECK (("state" = 'waiting') = ("ended_at" IS NULL));

-- The next one of a webhook, among years of delivered ones.
CREATE INDEX "delivery_waiting" ON "delivery" ("webhook_id", "id") WHERE "state" = 'waiting';
CREATE INDEX "event_pending" ON "event" ("seq") WHERE "state" = 'pending';

-- Every process is told when something it keeps in memory is another, by whoever writes: sent when
-- the transaction commits, and once for each table in it.
CREATE FUNCTION "rangewarden_notify"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('rangewarden', TG_TABLE_NAME);
    RETURN NULL;
END
$$;

CREATE TRIGGER "publication_notifies" AFTER INSERT ON "publication"
    FOR EACH STATEMENT EXECUTE FUNCTION "rangewarden_notify"();
CREATE TRIGGER "allowlist_notifies" AFTER INSERT OR UPDATE OR DELETE ON "allowlist"
    FOR EACH STATEMENT EXECUTE FUNCTION "rangewarden_notify"();
CREATE TRIGGER "hold_notifies" AFTER INSERT OR UPDATE ON "hold"
    FOR EACH STATEMENT EXECUTE FUNCTION "rangewarden_notify"();
CREATE TRIGGER "event_notifies" AFTER INSERT ON "event"
    FOR EACH STATEMENT EXECUTE FUNCTION "rangewarden_notify"();
