-- Written by `python -m live.state_db.migrations schema` from the migration steps; not edited by hand.

CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);

CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");

CREATE TABLE system_config (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL CHECK (json_valid(value)),
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL
) STRICT;

CREATE TABLE run_log (
    id INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    program TEXT NOT NULL,
    phase TEXT,
    trade_date TEXT CHECK (trade_date IS date(trade_date)),
    started_at TEXT NOT NULL,
    finished_at TEXT,
    exit_code INTEGER CHECK (exit_code BETWEEN 0 AND 255),
    last_line TEXT,
    summary TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(summary))
, settings TEXT CHECK (settings IS NULL OR json_valid(settings))) STRICT;

CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    ts TEXT NOT NULL,
    run_id TEXT,
    corr_id TEXT,
    causation_id INTEGER REFERENCES events (seq),
    kind TEXT NOT NULL,
    type TEXT NOT NULL,
    payload TEXT NOT NULL CHECK (json_valid(payload))
, version INTEGER NOT NULL DEFAULT 0, producer TEXT NOT NULL DEFAULT '') STRICT;

CREATE INDEX events_by_corr_id ON events (corr_id) WHERE corr_id IS NOT NULL;

CREATE TRIGGER events_never_change BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;

CREATE TRIGGER events_never_go BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;

CREATE TABLE positions (
        position_id INTEGER PRIMARY KEY AUTOINCREMENT,
        strategy TEXT NOT NULL,
        ticker TEXT NOT NULL,
        asset_id TEXT,
        trade_date TEXT NOT NULL CHECK (trade_date IS date(trade_date)),
        entry_date TEXT NOT NULL CHECK (entry_date IS date(entry_date)),
        entry_price INTEGER NOT NULL CHECK (entry_price > 0),
        target_shares INTEGER NOT NULL CHECK (target_shares > 0),
        actual_shares INTEGER NOT NULL CHECK (actual_shares >= 0),
        invested INTEGER NOT NULL CHECK (invested >= 0),
        sold_shares INTEGER NOT NULL DEFAULT 0 CHECK (sold_shares >= 0),
        proceeds INTEGER NOT NULL DEFAULT 0 CHECK (proceeds >= 0),
        stop_price INTEGER NOT NULL CHECK (stop_price > 0),
        stop_loss_bp INTEGER NOT NULL CHECK (stop_loss_bp BETWEEN 1 AND 9999),
        stop_order_id TEXT,
        split_through TEXT CHECK (split_through IS date(split_through)),

    report_date TEXT NOT NULL CHECK (report_date IS date(report_date)),
    score REAL,
    grade TEXT CHECK (grade IN ('A','B','C','D')),
    grade_source TEXT CHECK (grade_source IN ('html','json','inferred')),
    company_name TEXT,
    gap_size REAL
,

    pending_exit_reason TEXT CHECK (pending_exit_reason IN ('stop_loss','take_profit','trend_break','max_holding','rotated_out','delisted','end_of_data','manual')),
    pending_exit_since TEXT CHECK (pending_exit_since IS date(pending_exit_since)),
    decided_through TEXT NOT NULL CHECK (decided_through IS date(decided_through)),

        status TEXT NOT NULL CHECK (status IN ('open','closed')),

    exit_date TEXT CHECK (exit_date IS date(exit_date)),
    exit_price INTEGER CHECK (exit_price >= 0),
    exit_reason TEXT CHECK (exit_reason IN ('stop_loss','take_profit','trend_break','max_holding','rotated_out','delisted','end_of_data','manual')),
    pnl INTEGER,
    return_pct TEXT
,
        CHECK (status <> 'open' OR (actual_shares > 0 AND exit_date IS NULL AND exit_reason IS NULL AND pnl IS NULL)),
        CHECK (status <> 'closed' OR (actual_shares = 0 AND stop_order_id IS NULL AND exit_date IS NOT NULL
               AND exit_price IS NOT NULL AND exit_reason IS NOT NULL AND pnl IS NOT NULL))
    ) STRICT;

CREATE UNIQUE INDEX one_open_position_a_ticker ON positions (ticker) WHERE status = 'open';

CREATE INDEX positions_by_exit_date ON positions (exit_date) WHERE status = 'closed';

CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    client_order_id TEXT NOT NULL UNIQUE,
    alpaca_order_id TEXT UNIQUE,
    parent_client_order_id TEXT REFERENCES orders (client_order_id),
    via TEXT NOT NULL CHECK (via IN ('post','patch','leg')),
    position_id INTEGER REFERENCES positions (position_id),
    strategy TEXT NOT NULL,
    asset_id TEXT,
    ticker TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('buy','sell')),
    intent TEXT NOT NULL CHECK (intent IN ('entry','exit','stop')),
    trade_date TEXT NOT NULL CHECK (trade_date IS date(trade_date)),
    qty INTEGER NOT NULL CHECK (qty > 0),
    filled_qty INTEGER NOT NULL DEFAULT 0 CHECK (filled_qty >= 0),
    remaining_qty INTEGER GENERATED ALWAYS AS (qty - filled_qty) VIRTUAL,
    fill_price TEXT,
    planned_stop_price INTEGER CHECK (planned_stop_price > 0),
    status TEXT NOT NULL CHECK (status IN ('planned','unknown','abandoned','accepted','pending_new','accepted_for_bidding','new','held','partially_filled','pending_cancel','pending_replace','stopped','suspended','calculated','done_for_day','pending_review','filled','canceled','expired','rejected','replaced')),
    broker_status TEXT,
    reject_reason TEXT,
    exit_reason TEXT CHECK (exit_reason IN ('stop_loss','take_profit','trend_break','max_holding','rotated_out','delisted','end_of_data','manual')),
    entry TEXT CHECK (entry IS NULL OR json_valid(entry)),
    run_id TEXT,
    created_at TEXT NOT NULL,
    sent_at TEXT,
    submitted_at TEXT,
    filled_at TEXT,
    expires_at TEXT,
    updated_at TEXT NOT NULL,
    CHECK ((intent = 'entry') = (side = 'buy')),
    CHECK (filled_qty <= qty),
    CHECK (filled_qty = 0 OR fill_price IS NOT NULL),
    CHECK (status NOT IN ('planned') OR alpaca_order_id IS NULL)
) STRICT;

CREATE UNIQUE INDEX one_entry_a_ticker_and_date ON orders (trade_date, ticker) WHERE intent = 'entry';

CREATE INDEX orders_unfinished ON orders (id) WHERE status NOT IN ('filled','canceled','expired','rejected','replaced','abandoned');

CREATE INDEX orders_by_position ON orders (position_id) WHERE position_id IS NOT NULL;

CREATE INDEX orders_by_sent_at ON orders (sent_at) WHERE sent_at IS NOT NULL;

CREATE TRIGGER filled_qty_only_grows BEFORE UPDATE OF filled_qty ON orders
WHEN NEW.filled_qty < OLD.filled_qty
BEGIN SELECT RAISE(ABORT, 'filled_qty only grows'); END;

CREATE TABLE foreign_fills (
    activity_id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    position_id INTEGER NOT NULL REFERENCES positions (position_id),
    ticker TEXT NOT NULL,
    side TEXT NOT NULL,
    qty INTEGER NOT NULL CHECK (qty > 0),
    price TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;

CREATE TABLE shadow_positions (
        position_id INTEGER PRIMARY KEY AUTOINCREMENT,
        strategy TEXT NOT NULL DEFAULT 'nwl_p4',
        ticker TEXT NOT NULL,
        asset_id TEXT,
        trade_date TEXT NOT NULL CHECK (trade_date IS date(trade_date)),
        entry_date TEXT NOT NULL CHECK (entry_date IS date(entry_date)),
        entry_price INTEGER NOT NULL CHECK (entry_price > 0),
        target_shares INTEGER NOT NULL CHECK (target_shares > 0),
        actual_shares INTEGER NOT NULL CHECK (actual_shares >= 0),
        invested INTEGER NOT NULL CHECK (invested >= 0),
        stop_price INTEGER NOT NULL CHECK (stop_price > 0),
        rank INTEGER,
        replaces TEXT,

    report_date TEXT NOT NULL CHECK (report_date IS date(report_date)),
    score REAL,
    grade TEXT CHECK (grade IN ('A','B','C','D')),
    grade_source TEXT CHECK (grade_source IN ('html','json','inferred')),
    company_name TEXT,
    gap_size REAL
,

    pending_exit_reason TEXT CHECK (pending_exit_reason IN ('stop_loss','take_profit','trend_break','max_holding','rotated_out','delisted','end_of_data','manual')),
    pending_exit_since TEXT CHECK (pending_exit_since IS date(pending_exit_since)),
    decided_through TEXT NOT NULL CHECK (decided_through IS date(decided_through)),

        status TEXT NOT NULL CHECK (status IN ('pending','open','closed','skipped')),
        skip_reason TEXT,

    exit_date TEXT CHECK (exit_date IS date(exit_date)),
    exit_price INTEGER CHECK (exit_price >= 0),
    exit_reason TEXT CHECK (exit_reason IN ('stop_loss','take_profit','trend_break','max_holding','rotated_out','delisted','end_of_data','manual')),
    pnl INTEGER,
    return_pct TEXT
,
        CHECK (status <> 'open' OR (exit_date IS NULL)),
        CHECK (status <> 'closed' OR (exit_date IS NOT NULL AND exit_price IS NOT NULL AND exit_reason IS NOT NULL
               AND pnl IS NOT NULL)),
        CHECK ((status = 'skipped') = (skip_reason IS NOT NULL))
    ) STRICT;

CREATE UNIQUE INDEX one_open_shadow_a_ticker ON shadow_positions (strategy, ticker) WHERE status = 'open';

CREATE INDEX shadow_active ON shadow_positions (strategy, ticker) WHERE status IN ('pending','open');

CREATE TABLE shadow_signals (
    id INTEGER PRIMARY KEY,
    strategy TEXT NOT NULL DEFAULT 'nwl_p4',
    trade_date TEXT NOT NULL CHECK (trade_date IS date(trade_date)),
    line INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('exit','entry','skip')),
    ticker TEXT NOT NULL,
    reason TEXT,
    content TEXT NOT NULL CHECK (json_valid(content)),
    run_id TEXT,
    UNIQUE (strategy, trade_date, line)
) STRICT;

CREATE TABLE signal_files (
    id INTEGER PRIMARY KEY,
    strategy TEXT NOT NULL,
    trade_date TEXT NOT NULL CHECK (trade_date IS date(trade_date)),
    path TEXT NOT NULL,
    text TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    run_id TEXT NOT NULL,
    issued_at TEXT NOT NULL,
    superseded_by INTEGER REFERENCES signal_files (id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE UNIQUE INDEX one_current_file ON signal_files (strategy, trade_date) WHERE superseded_by IS NULL;

CREATE TABLE plans (
    id INTEGER PRIMARY KEY,
    strategy TEXT NOT NULL,
    trade_date TEXT NOT NULL CHECK (trade_date IS date(trade_date)),
    as_of TEXT NOT NULL CHECK (as_of IS date(as_of)),
    signal_file_id INTEGER NOT NULL REFERENCES signal_files (id),
    content_sha256 TEXT NOT NULL,
    run_id TEXT,
    accepted_at TEXT NOT NULL,
    UNIQUE (strategy, trade_date)
) STRICT;

CREATE TABLE equity_snapshots (
    id INTEGER PRIMARY KEY,
    ts TEXT NOT NULL,
    day TEXT NOT NULL CHECK (day IS date(day)),
    equity TEXT NOT NULL,
    last_equity TEXT NOT NULL,
    cash TEXT NOT NULL,
    buying_power TEXT NOT NULL,
    peak TEXT NOT NULL,
    open_positions INTEGER NOT NULL,
    run_id TEXT
) STRICT;

CREATE INDEX "orders_by_trade_date"
    ON "orders" ("trade_date", "ticker");

CREATE INDEX "signal_files_by_bytes"
    ON "signal_files" ("file_sha256");

CREATE INDEX runs_unfinished ON run_log (id) WHERE finished_at IS NULL;

CREATE TABLE notifications (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        event_id TEXT NOT NULL UNIQUE,
        once TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        title TEXT NOT NULL,
        body TEXT NOT NULL,
        run_id TEXT,
        created_at TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
        tried_at TEXT,
        held_until TEXT,
        last_error TEXT,
        delivered TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(delivered)),
        sent_at TEXT
    ) STRICT
;

CREATE INDEX notifications_waiting ON notifications (id) WHERE sent_at IS NULL;

CREATE INDEX orders_by_parent ON orders (parent_client_order_id) WHERE parent_client_order_id IS NOT NULL;

CREATE INDEX events_by_run ON events (run_id) WHERE run_id IS NOT NULL;

CREATE INDEX "orders_by_ticker"
    ON "orders" ("ticker");

CREATE INDEX "positions_by_ticker"
    ON "positions" ("ticker");

CREATE VIEW "positions_readable" AS 
SELECT position_id, strategy, ticker, status, trade_date, entry_date, CASE WHEN entry_price IS NOT NULL THEN printf('%.4f', entry_price / 10000.0) END AS entry_price,
       target_shares, actual_shares, sold_shares, CASE WHEN stop_price IS NOT NULL THEN printf('%.4f', stop_price / 10000.0) END AS stop_price, stop_order_id,
       score, grade, report_date, company_name, gap_size, pending_exit_reason, decided_through,
       exit_date, CASE WHEN exit_price IS NOT NULL THEN printf('%.4f', exit_price / 10000.0) END AS exit_price, exit_reason, CASE WHEN pnl IS NOT NULL THEN printf('%.2f', pnl / 10000.0) END AS pnl, return_pct
FROM positions;

CREATE VIEW "shadow_readable" AS 
SELECT position_id, strategy, ticker, status, trade_date, entry_date, CASE WHEN entry_price IS NOT NULL THEN printf('%.4f', entry_price / 10000.0) END AS entry_price,
       target_shares, actual_shares, CASE WHEN stop_price IS NOT NULL THEN printf('%.4f', stop_price / 10000.0) END AS stop_price,
       score, grade, report_date, company_name, gap_size, pending_exit_reason, decided_through, skip_reason,
       exit_date, CASE WHEN exit_price IS NOT NULL THEN printf('%.4f', exit_price / 10000.0) END AS exit_price, exit_reason, CASE WHEN pnl IS NOT NULL THEN printf('%.2f', pnl / 10000.0) END AS pnl, return_pct
FROM shadow_positions;

CREATE VIEW "orders_readable" AS 
SELECT client_order_id, status, broker_status, ticker, side, intent, trade_date, qty, filled_qty,
       qty - filled_qty AS remaining_qty, fill_price, CASE WHEN planned_stop_price IS NOT NULL THEN printf('%.4f', planned_stop_price / 10000.0) END AS planned_stop_price, exit_reason, reject_reason,
       position_id, parent_client_order_id, via, alpaca_order_id, run_id, created_at, sent_at, filled_at
FROM orders;

INSERT INTO _sqlite_migrations (id, migration_set, name) VALUES (1, 'state_db', '001_tables');

INSERT INTO _sqlite_migrations (id, migration_set, name) VALUES (2, 'state_db', '002_views');

INSERT INTO _sqlite_migrations (id, migration_set, name) VALUES (3, 'state_db', '003_event_contract');

INSERT INTO _sqlite_migrations (id, migration_set, name) VALUES (4, 'state_db', '004_run_settings');

INSERT INTO _sqlite_migrations (id, migration_set, name) VALUES (5, 'state_db', '005_notifications');

INSERT INTO _sqlite_migrations (id, migration_set, name) VALUES (6, 'state_db', '006_indexes');

INSERT INTO _sqlite_migrations (id, migration_set, name) VALUES (7, 'state_db', '007_views');

INSERT INTO _sqlite_migrations (id, migration_set, name) VALUES (8, 'state_db', '008_take_profit');

INSERT INTO _sqlite_migrations (id, migration_set, name) VALUES (9, 'state_db', '009_shares_split_away');

PRAGMA user_version = 9;

PRAGMA application_id = 1162105414;
