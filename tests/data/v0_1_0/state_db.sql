-- The state DB of 0.1.0 on 2026-03-23 after `place`: three positions, the exit of CCC and two entries are queued.
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'state_db','001_tables','2026-11-29T00:48:33.017497Z');
INSERT INTO "_sqlite_migrations" VALUES(2,'state_db','002_views','2026-11-29T00:48:33.017497Z');
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
    ) STRICT
    ;
INSERT INTO "equity_snapshots" VALUES(1,'2026-03-02T14:20:00.000000Z','2026-03-02','400000.00','400000.00','400000.00','370000.00','400000.00',0,'20260302T142000Z-executor-2');
INSERT INTO "equity_snapshots" VALUES(2,'2026-03-02T14:31:00.000000Z','2026-03-02','400000.00','400000.00','370000.00','370000.00','400000.00',3,'20260302T143100Z-executor-3');
INSERT INTO "equity_snapshots" VALUES(3,'2026-03-02T20:45:00.000000Z','2026-03-02','400035.10','400000.00','370000.00','370000.00','400035.10',3,'20260302T204500Z-executor-4');
INSERT INTO "equity_snapshots" VALUES(4,'2026-03-23T13:20:00.000000Z','2026-03-23','399300.00','399300.00','370000.00','350040.00','400035.10',3,'20260323T132000Z-executor-6');
CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        ts TEXT NOT NULL,
        run_id TEXT,
        corr_id TEXT,
        causation_id INTEGER REFERENCES events (seq),
        kind TEXT NOT NULL,
        type TEXT NOT NULL,
        payload TEXT NOT NULL CHECK (json_valid(payload))
    ) STRICT
    ;
INSERT INTO "events" VALUES(1,'2026-03-02T14:00:00.000000Z',NULL,NULL,NULL,'config','account_bound','{"broker": "sim", "account_id": "ed80af6e-b9a2-4b74-b00a-1189d1fd5746", "is_live": false}');
INSERT INTO "events" VALUES(2,'2026-03-02T14:00:00.000000Z','20260302T140000Z-signal_generator-1','signals:2026-03-02:ema_p10',NULL,'signal','issued','{"strategy": "ema_p10", "trade_date": "2026-03-02", "content_sha256": "7a4be0b3a32d1de0d00c08b8a33817634485cf24596c4a3afd2c5ef6892ac9ce", "path": "signals/trade_signals_2026-03-02_ema_p10.json"}');
INSERT INTO "events" VALUES(3,'2026-03-02T14:00:00.000000Z','20260302T140000Z-signal_generator-1','signals:2026-03-02:nwl_p4',NULL,'signal','issued','{"strategy": "nwl_p4", "trade_date": "2026-03-02", "content_sha256": "0c608ca3e7ad2ec9f951d43f98ca82fce69449e2362e0f8afef454db21b6590e", "path": "signals/trade_signals_2026-03-02_nwl_p4.json"}');
INSERT INTO "events" VALUES(4,'2026-03-02T14:00:00.000000Z','20260302T140000Z-signal_generator-1','shadow:1',NULL,'shadow','decided','{"ticker": "AAA", "shares": 200, "rank": 1}');
INSERT INTO "events" VALUES(5,'2026-03-02T14:00:00.000000Z','20260302T140000Z-signal_generator-1','shadow:2',NULL,'shadow','decided','{"ticker": "BBB", "shares": 125, "rank": 2}');
INSERT INTO "events" VALUES(6,'2026-03-02T14:00:00.000000Z','20260302T140000Z-signal_generator-1','shadow:3',NULL,'shadow','decided','{"ticker": "CCC", "shares": 250, "rank": 3}');
INSERT INTO "events" VALUES(7,'2026-03-02T14:00:00.000000Z','20260302T140000Z-signal_generator-1',NULL,NULL,'config','flag','{"name": "generator", "value": "{\"references\":{\"trade_date\":\"2026-03-02\",\"taken_on\":\"2026-03-02\",\"references\":{\"AAA\":[\"50.00\",\"latest_trade\"],\"BBB\":[\"80.00\",\"latest_trade\"],\"CCC\":[\"40.00\",\"latest_trade\"]}},\"offers\":{\"2026-03-02\":[[\"AAA\",\"2026-03-02\",\"A\",\"html\",80.0,500000,null,\"AAA Corp\",null],[\"BBB\",\"2026-03-02\",\"A\",\"html\",80.0,800000,null,\"BBB Corp\",null],[\"CCC\",\"2026-03-02\",\"A\",\"html\",80.0,400000,null,\"CCC Corp\",null]]}}", "who": "signal_generator"}');
INSERT INTO "events" VALUES(8,'2026-03-02T14:00:00.000000Z','20260302T140000Z-signal_generator-1','20260302T140000Z-signal_generator-1',NULL,'run','ended','{"exit_code": 0, "last_line": "ok"}');
INSERT INTO "events" VALUES(9,'2026-03-02T14:20:00.000000Z','20260302T142000Z-executor-2','signals:2026-03-02:ema_p10',NULL,'plan','accepted','{"strategy": "ema_p10", "trade_date": "2026-03-02", "signal_file_id": 1, "orders": ["20260302_AAA_entry_buy", "20260302_BBB_entry_buy", "20260302_CCC_entry_buy"]}');
INSERT INTO "events" VALUES(10,'2026-03-02T14:20:00.000000Z','20260302T142000Z-executor-2','20260302_AAA_entry_buy',NULL,'order','planned','{"qty": 200}');
INSERT INTO "events" VALUES(11,'2026-03-02T14:20:00.000000Z','20260302T142000Z-executor-2','20260302_BBB_entry_buy',NULL,'order','planned','{"qty": 125}');
INSERT INTO "events" VALUES(12,'2026-03-02T14:20:00.000000Z','20260302T142000Z-executor-2','20260302_CCC_entry_buy',NULL,'order','planned','{"qty": 250}');
INSERT INTO "events" VALUES(13,'2026-03-02T14:20:00.000000Z','20260302T142000Z-executor-2','20260302_AAA_entry_buy',NULL,'order','sent','{"sent_at": "2026-03-02T14:20:00.000000Z"}');
INSERT INTO "events" VALUES(14,'2026-03-02T14:20:00.000000Z','20260302T142000Z-executor-2','20260302_BBB_entry_buy',NULL,'order','sent','{"sent_at": "2026-03-02T14:20:00.000000Z"}');
INSERT INTO "events" VALUES(15,'2026-03-02T14:20:00.000000Z','20260302T142000Z-executor-2','20260302_CCC_entry_buy',NULL,'order','sent','{"sent_at": "2026-03-02T14:20:00.000000Z"}');
INSERT INTO "events" VALUES(16,'2026-03-02T14:20:00.000000Z','20260302T142000Z-executor-2','20260302_AAA_entry_buy',NULL,'order','accepted','{"status": "accepted", "filled_qty": 0}');
INSERT INTO "events" VALUES(17,'2026-03-02T14:20:00.000000Z','20260302T142000Z-executor-2','777eaaa8-dd2b-46b6-945f-201a7dcfa1a2',NULL,'order','held','{"status": "held", "filled_qty": 0}');
INSERT INTO "events" VALUES(18,'2026-03-02T14:20:00.000000Z','20260302T142000Z-executor-2','20260302_BBB_entry_buy',NULL,'order','accepted','{"status": "accepted", "filled_qty": 0}');
INSERT INTO "events" VALUES(19,'2026-03-02T14:20:00.000000Z','20260302T142000Z-executor-2','2453cfee-c50f-4505-8400-ec724dcd6ccc',NULL,'order','held','{"status": "held", "filled_qty": 0}');
INSERT INTO "events" VALUES(20,'2026-03-02T14:20:00.000000Z','20260302T142000Z-executor-2','20260302_CCC_entry_buy',NULL,'order','accepted','{"status": "accepted", "filled_qty": 0}');
INSERT INTO "events" VALUES(21,'2026-03-02T14:20:00.000000Z','20260302T142000Z-executor-2','2db13735-18cc-4844-b966-741d37150cda',NULL,'order','held','{"status": "held", "filled_qty": 0}');
INSERT INTO "events" VALUES(22,'2026-03-02T14:20:00.000000Z','20260302T142000Z-executor-2','20260302T142000Z-executor-2',NULL,'run','ended','{"exit_code": 0, "last_line": "ok"}');
INSERT INTO "events" VALUES(23,'2026-03-02T14:31:00.000000Z','20260302T143100Z-executor-3','position:1',NULL,'position','opened','{"ticker": "CCC", "shares": 250, "price": "40.00"}');
INSERT INTO "events" VALUES(24,'2026-03-02T14:31:00.000000Z','20260302T143100Z-executor-3','position:1',NULL,'position','stop','{"stop_order_id": "21119a6e-860d-4dea-b252-2877483a35a5"}');
INSERT INTO "events" VALUES(25,'2026-03-02T14:31:00.000000Z','20260302T143100Z-executor-3','20260302_CCC_entry_buy',NULL,'order','fill','{"status": "filled", "filled_qty": 250, "new_shares": 250, "fill_price": "40.00", "was": null}');
INSERT INTO "events" VALUES(26,'2026-03-02T14:31:00.000000Z','20260302T143100Z-executor-3','position:2',NULL,'position','opened','{"ticker": "AAA", "shares": 200, "price": "50.00"}');
INSERT INTO "events" VALUES(27,'2026-03-02T14:31:00.000000Z','20260302T143100Z-executor-3','position:2',NULL,'position','stop','{"stop_order_id": "7faf791c-d895-4533-9749-ee122cbe217f"}');
INSERT INTO "events" VALUES(28,'2026-03-02T14:31:00.000000Z','20260302T143100Z-executor-3','20260302_AAA_entry_buy',NULL,'order','fill','{"status": "filled", "filled_qty": 200, "new_shares": 200, "fill_price": "50.00", "was": null}');
INSERT INTO "events" VALUES(29,'2026-03-02T14:31:00.000000Z','20260302T143100Z-executor-3','position:3',NULL,'position','opened','{"ticker": "BBB", "shares": 125, "price": "80.00"}');
INSERT INTO "events" VALUES(30,'2026-03-02T14:31:00.000000Z','20260302T143100Z-executor-3','position:3',NULL,'position','stop','{"stop_order_id": "61d5b91d-c464-4a95-b8e5-922dcfc67c05"}');
INSERT INTO "events" VALUES(31,'2026-03-02T14:31:00.000000Z','20260302T143100Z-executor-3','20260302_BBB_entry_buy',NULL,'order','fill','{"status": "filled", "filled_qty": 125, "new_shares": 125, "fill_price": "80.00", "was": null}');
INSERT INTO "events" VALUES(32,'2026-03-02T14:31:00.000000Z','20260302T143100Z-executor-3','2db13735-18cc-4844-b966-741d37150cda',NULL,'order','new','{"status": "new", "filled_qty": 0}');
INSERT INTO "events" VALUES(33,'2026-03-02T14:31:00.000000Z','20260302T143100Z-executor-3','777eaaa8-dd2b-46b6-945f-201a7dcfa1a2',NULL,'order','new','{"status": "new", "filled_qty": 0}');
INSERT INTO "events" VALUES(34,'2026-03-02T14:31:00.000000Z','20260302T143100Z-executor-3','2453cfee-c50f-4505-8400-ec724dcd6ccc',NULL,'order','new','{"status": "new", "filled_qty": 0}');
INSERT INTO "events" VALUES(35,'2026-03-02T14:31:00.000000Z','20260302T143100Z-executor-3','20260302T143100Z-executor-3',NULL,'run','ended','{"exit_code": 0, "last_line": "ok"}');
INSERT INTO "events" VALUES(36,'2026-03-02T20:45:00.000000Z','20260302T204500Z-executor-4','20260302T204500Z-executor-4',NULL,'run','ended','{"exit_code": 0, "last_line": "ok"}');
INSERT INTO "events" VALUES(37,'2026-03-23T13:00:00.000000Z','20260323T130000Z-signal_generator-5','signals:2026-03-23:ema_p10',NULL,'signal','issued','{"strategy": "ema_p10", "trade_date": "2026-03-23", "content_sha256": "dceea7395bb3a4424a79ad3baa46ed46b58daac353eef76522e90383902cffa3", "path": "signals/trade_signals_2026-03-23_ema_p10.json"}');
INSERT INTO "events" VALUES(38,'2026-03-23T13:00:00.000000Z','20260323T130000Z-signal_generator-5','signals:2026-03-23:nwl_p4',NULL,'signal','issued','{"strategy": "nwl_p4", "trade_date": "2026-03-23", "content_sha256": "ccf9c66b0a61b37a9696b931577f7a373dd9ff2f03ff519633c430e6c37347b6", "path": "signals/trade_signals_2026-03-23_nwl_p4.json"}');
INSERT INTO "events" VALUES(39,'2026-03-23T13:00:00.000000Z','20260323T130000Z-signal_generator-5','shadow:1',NULL,'shadow','opened','{"status": "open", "entry_date": "2026-03-02", "actual_shares": 200, "entry_price": 500000, "invested": 100000000, "stop_price": 450000}');
INSERT INTO "events" VALUES(40,'2026-03-23T13:00:00.000000Z','20260323T130000Z-signal_generator-5','shadow:2',NULL,'shadow','opened','{"status": "open", "entry_date": "2026-03-02", "actual_shares": 125, "entry_price": 800000, "invested": 100000000, "stop_price": 720000}');
INSERT INTO "events" VALUES(41,'2026-03-23T13:00:00.000000Z','20260323T130000Z-signal_generator-5','shadow:3',NULL,'shadow','opened','{"status": "open", "entry_date": "2026-03-02", "actual_shares": 250, "entry_price": 400000, "invested": 100000000, "stop_price": 360000}');
INSERT INTO "events" VALUES(42,'2026-03-23T13:00:00.000000Z','20260323T130000Z-signal_generator-5','shadow:4',NULL,'shadow','decided','{"ticker": "DDD", "shares": 400, "rank": 1}');
INSERT INTO "events" VALUES(43,'2026-03-23T13:00:00.000000Z','20260323T130000Z-signal_generator-5','shadow:5',NULL,'shadow','decided','{"ticker": "EEE", "shares": 83, "rank": 2}');
INSERT INTO "events" VALUES(44,'2026-03-23T13:00:00.000000Z','20260323T130000Z-signal_generator-5',NULL,NULL,'config','flag','{"name": "generator", "value": "{\"references\":{\"trade_date\":\"2026-03-23\",\"taken_on\":\"2026-03-23\",\"references\":{\"DDD\":[\"25.00\",\"latest_trade\"],\"EEE\":[\"120.00\",\"latest_trade\"]}},\"offers\":{\"2026-03-23\":[[\"DDD\",\"2026-03-23\",\"A\",\"html\",80.0,250000,null,\"DDD Corp\",null],[\"EEE\",\"2026-03-23\",\"A\",\"html\",80.0,1200000,null,\"EEE Corp\",null]]}}", "who": "signal_generator"}');
INSERT INTO "events" VALUES(45,'2026-03-23T13:00:00.000000Z','20260323T130000Z-signal_generator-5','20260323T130000Z-signal_generator-5',NULL,'run','ended','{"exit_code": 0, "last_line": "ok"}');
INSERT INTO "events" VALUES(46,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','signals:2026-03-23:ema_p10',NULL,'plan','accepted','{"strategy": "ema_p10", "trade_date": "2026-03-23", "signal_file_id": 3, "orders": ["20260323_CCC_exit_sell", "20260323_DDD_entry_buy", "20260323_EEE_entry_buy"]}');
INSERT INTO "events" VALUES(47,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','position:1',NULL,'position','exit_decided','{"pending_exit_reason": "trend_break", "pending_exit_since": "2026-03-20"}');
INSERT INTO "events" VALUES(48,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','20260323_CCC_exit_sell',NULL,'order','planned','{"qty": 250}');
INSERT INTO "events" VALUES(49,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','20260323_DDD_entry_buy',NULL,'order','planned','{"qty": 400}');
INSERT INTO "events" VALUES(50,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','20260323_EEE_entry_buy',NULL,'order','planned','{"qty": 83}');
INSERT INTO "events" VALUES(51,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','20260302_CCC_stop_sell',NULL,'order','planned','{"qty": 250}');
INSERT INTO "events" VALUES(52,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','2db13735-18cc-4844-b966-741d37150cda',NULL,'order','canceled','{"status": "canceled", "filled_qty": 0}');
INSERT INTO "events" VALUES(53,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','position:1',NULL,'position','stop','{"stop_order_id": null}');
INSERT INTO "events" VALUES(54,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','20260323_CCC_exit_sell',NULL,'order','planned_qty','{"qty": 250}');
INSERT INTO "events" VALUES(55,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','20260323_CCC_exit_sell',NULL,'order','sent','{"sent_at": "2026-03-23T13:20:00.000000Z"}');
INSERT INTO "events" VALUES(56,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','20260323_CCC_exit_sell',NULL,'order','accepted','{"status": "accepted", "filled_qty": 0}');
INSERT INTO "events" VALUES(57,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','20260323_DDD_entry_buy',NULL,'order','sent','{"sent_at": "2026-03-23T13:20:00.000000Z"}');
INSERT INTO "events" VALUES(58,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','20260323_EEE_entry_buy',NULL,'order','sent','{"sent_at": "2026-03-23T13:20:00.000000Z"}');
INSERT INTO "events" VALUES(59,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','20260323_DDD_entry_buy',NULL,'order','accepted','{"status": "accepted", "filled_qty": 0}');
INSERT INTO "events" VALUES(60,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','5746decf-a375-4372-852c-a62864e85d79',NULL,'order','held','{"status": "held", "filled_qty": 0}');
INSERT INTO "events" VALUES(61,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','20260323_EEE_entry_buy',NULL,'order','accepted','{"status": "accepted", "filled_qty": 0}');
INSERT INTO "events" VALUES(62,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','e881a69a-9a88-49af-b4e3-46e72aa23d21',NULL,'order','held','{"status": "held", "filled_qty": 0}');
INSERT INTO "events" VALUES(63,'2026-03-23T13:20:00.000000Z','20260323T132000Z-executor-6','20260323T132000Z-executor-6',NULL,'run','ended','{"exit_code": 0, "last_line": "ok"}');
CREATE TABLE foreign_fills (
        activity_id TEXT PRIMARY KEY,
        order_id TEXT NOT NULL,
        position_id INTEGER NOT NULL REFERENCES positions (position_id),
        ticker TEXT NOT NULL,
        side TEXT NOT NULL,
        qty INTEGER NOT NULL CHECK (qty > 0),
        price TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT
    ;
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
        exit_reason TEXT CHECK (exit_reason IN ('stop_loss','trend_break','max_holding','rotated_out','delisted','end_of_data','manual')),
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
    ) STRICT
    ;
INSERT INTO "orders" VALUES(1,'20260302_AAA_entry_buy','6c8fa015-17e9-4518-bd90-042ee5d4b529',NULL,'post',2,'ema_p10','0dda2047-2feb-4258-a52e-ea4f673cc9cc','AAA','buy','entry','2026-03-02',200,200,'50.00',450000,'filled','filled',NULL,NULL,'{"rank": 1, "report_date": "2026-03-02", "as_of": "2026-02-27", "stop_loss_bp": 1000, "reference_price": 500000, "score": 80.0, "grade": "A", "grade_source": "html", "company_name": "AAA Corp", "gap_size": null, "replaces": null}','20260302T142000Z-executor-2','2026-03-02T14:20:00.000000Z','2026-03-02T14:20:00.000000Z','2026-03-02T14:20:00.000000Z','2026-03-02T14:30:00.000000Z','2026-05-31T20:00:00.000000Z','2026-03-02T14:31:00.000000Z');
INSERT INTO "orders" VALUES(2,'20260302_BBB_entry_buy','c5c8748f-84ab-44ec-bf1c-de159085298f',NULL,'post',3,'ema_p10','f8ed1344-06f1-4746-8342-7a10956d1ff2','BBB','buy','entry','2026-03-02',125,125,'80.00',720000,'filled','filled',NULL,NULL,'{"rank": 2, "report_date": "2026-03-02", "as_of": "2026-02-27", "stop_loss_bp": 1000, "reference_price": 800000, "score": 80.0, "grade": "A", "grade_source": "html", "company_name": "BBB Corp", "gap_size": null, "replaces": null}','20260302T142000Z-executor-2','2026-03-02T14:20:00.000000Z','2026-03-02T14:20:00.000000Z','2026-03-02T14:20:00.000000Z','2026-03-02T14:30:00.000000Z','2026-05-31T20:00:00.000000Z','2026-03-02T14:31:00.000000Z');
INSERT INTO "orders" VALUES(3,'20260302_CCC_entry_buy','291695d3-b2b0-4773-a525-1f70fe818cbb',NULL,'post',1,'ema_p10','47bf607d-2e56-424e-bcc2-a4278c21c506','CCC','buy','entry','2026-03-02',250,250,'40.00',360000,'filled','filled',NULL,NULL,'{"rank": 3, "report_date": "2026-03-02", "as_of": "2026-02-27", "stop_loss_bp": 1000, "reference_price": 400000, "score": 80.0, "grade": "A", "grade_source": "html", "company_name": "CCC Corp", "gap_size": null, "replaces": null}','20260302T142000Z-executor-2','2026-03-02T14:20:00.000000Z','2026-03-02T14:20:00.000000Z','2026-03-02T14:20:00.000000Z','2026-03-02T14:30:00.000000Z','2026-05-31T20:00:00.000000Z','2026-03-02T14:31:00.000000Z');
INSERT INTO "orders" VALUES(4,'777eaaa8-dd2b-46b6-945f-201a7dcfa1a2','7faf791c-d895-4533-9749-ee122cbe217f','20260302_AAA_entry_buy','leg',2,'ema_p10','0dda2047-2feb-4258-a52e-ea4f673cc9cc','AAA','sell','stop','2026-03-02',200,0,NULL,450000,'new','new',NULL,NULL,NULL,'20260302T142000Z-executor-2','2026-03-02T14:20:00.000000Z',NULL,'2026-03-02T14:20:00.000000Z',NULL,'2026-05-31T20:00:00.000000Z','2026-03-02T14:31:00.000000Z');
INSERT INTO "orders" VALUES(5,'2453cfee-c50f-4505-8400-ec724dcd6ccc','61d5b91d-c464-4a95-b8e5-922dcfc67c05','20260302_BBB_entry_buy','leg',3,'ema_p10','f8ed1344-06f1-4746-8342-7a10956d1ff2','BBB','sell','stop','2026-03-02',125,0,NULL,720000,'new','new',NULL,NULL,NULL,'20260302T142000Z-executor-2','2026-03-02T14:20:00.000000Z',NULL,'2026-03-02T14:20:00.000000Z',NULL,'2026-05-31T20:00:00.000000Z','2026-03-02T14:31:00.000000Z');
INSERT INTO "orders" VALUES(6,'2db13735-18cc-4844-b966-741d37150cda','21119a6e-860d-4dea-b252-2877483a35a5','20260302_CCC_entry_buy','leg',1,'ema_p10','47bf607d-2e56-424e-bcc2-a4278c21c506','CCC','sell','stop','2026-03-02',250,0,NULL,360000,'canceled','canceled',NULL,NULL,NULL,'20260302T142000Z-executor-2','2026-03-02T14:20:00.000000Z',NULL,'2026-03-02T14:20:00.000000Z',NULL,'2026-05-31T20:00:00.000000Z','2026-03-23T13:20:00.000000Z');
INSERT INTO "orders" VALUES(7,'20260323_CCC_exit_sell','7808e95c-77e2-4e69-aece-8d89ce85a7f4',NULL,'post',1,'ema_p10','47bf607d-2e56-424e-bcc2-a4278c21c506','CCC','sell','exit','2026-03-23',250,0,NULL,NULL,'accepted','accepted',NULL,'trend_break',NULL,'20260323T132000Z-executor-6','2026-03-23T13:20:00.000000Z','2026-03-23T13:20:00.000000Z','2026-03-23T13:20:00.000000Z',NULL,'2026-03-23T20:00:00.000000Z','2026-03-23T13:20:00.000000Z');
INSERT INTO "orders" VALUES(8,'20260323_DDD_entry_buy','d2550388-7d28-45ab-9936-8e75fea4d9ec',NULL,'post',NULL,'ema_p10','479160dc-3726-4676-8dc3-8479986aaa8f','DDD','buy','entry','2026-03-23',400,0,NULL,225000,'accepted','accepted',NULL,NULL,'{"rank": 1, "report_date": "2026-03-23", "as_of": "2026-03-20", "stop_loss_bp": 1000, "reference_price": 250000, "score": 80.0, "grade": "A", "grade_source": "html", "company_name": "DDD Corp", "gap_size": null, "replaces": null}','20260323T132000Z-executor-6','2026-03-23T13:20:00.000000Z','2026-03-23T13:20:00.000000Z','2026-03-23T13:20:00.000000Z',NULL,'2026-06-21T20:00:00.000000Z','2026-03-23T13:20:00.000000Z');
INSERT INTO "orders" VALUES(9,'20260323_EEE_entry_buy','ff5a268e-7e40-499e-8d7a-2d5ca3255bf6',NULL,'post',NULL,'ema_p10','79b00b5f-f66f-412e-8467-020234a65fa3','EEE','buy','entry','2026-03-23',83,0,NULL,1080000,'accepted','accepted',NULL,NULL,'{"rank": 2, "report_date": "2026-03-23", "as_of": "2026-03-20", "stop_loss_bp": 1000, "reference_price": 1200000, "score": 80.0, "grade": "A", "grade_source": "html", "company_name": "EEE Corp", "gap_size": null, "replaces": null}','20260323T132000Z-executor-6','2026-03-23T13:20:00.000000Z','2026-03-23T13:20:00.000000Z','2026-03-23T13:20:00.000000Z',NULL,'2026-06-21T20:00:00.000000Z','2026-03-23T13:20:00.000000Z');
INSERT INTO "orders" VALUES(10,'20260302_CCC_stop_sell',NULL,NULL,'post',1,'ema_p10','47bf607d-2e56-424e-bcc2-a4278c21c506','CCC','sell','stop','2026-03-02',250,0,NULL,360000,'planned',NULL,NULL,NULL,NULL,'20260323T132000Z-executor-6','2026-03-23T13:20:00.000000Z',NULL,NULL,NULL,NULL,'2026-03-23T13:20:00.000000Z');
INSERT INTO "orders" VALUES(11,'5746decf-a375-4372-852c-a62864e85d79','5d9a958f-4242-4f00-a60f-ec122dfc38da','20260323_DDD_entry_buy','leg',NULL,'ema_p10','479160dc-3726-4676-8dc3-8479986aaa8f','DDD','sell','stop','2026-03-23',400,0,NULL,225000,'held','held',NULL,NULL,NULL,'20260323T132000Z-executor-6','2026-03-23T13:20:00.000000Z',NULL,'2026-03-23T13:20:00.000000Z',NULL,'2026-06-21T20:00:00.000000Z','2026-03-23T13:20:00.000000Z');
INSERT INTO "orders" VALUES(12,'e881a69a-9a88-49af-b4e3-46e72aa23d21','208725ce-64e1-4579-85c8-c35498bd3b97','20260323_EEE_entry_buy','leg',NULL,'ema_p10','79b00b5f-f66f-412e-8467-020234a65fa3','EEE','sell','stop','2026-03-23',83,0,NULL,1080000,'held','held',NULL,NULL,NULL,'20260323T132000Z-executor-6','2026-03-23T13:20:00.000000Z',NULL,'2026-03-23T13:20:00.000000Z',NULL,'2026-06-21T20:00:00.000000Z','2026-03-23T13:20:00.000000Z');
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
    ) STRICT
    ;
INSERT INTO "plans" VALUES(1,'ema_p10','2026-03-02','2026-02-27',1,'7a4be0b3a32d1de0d00c08b8a33817634485cf24596c4a3afd2c5ef6892ac9ce','20260302T142000Z-executor-2','2026-03-02T14:20:00.000000Z');
INSERT INTO "plans" VALUES(2,'ema_p10','2026-03-23','2026-03-20',3,'dceea7395bb3a4424a79ad3baa46ed46b58daac353eef76522e90383902cffa3','20260323T132000Z-executor-6','2026-03-23T13:20:00.000000Z');
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
        
    pending_exit_reason TEXT CHECK (pending_exit_reason IN ('stop_loss','trend_break','max_holding','rotated_out','delisted','end_of_data','manual')),
    pending_exit_since TEXT CHECK (pending_exit_since IS date(pending_exit_since)),
    decided_through TEXT NOT NULL CHECK (decided_through IS date(decided_through)),

        status TEXT NOT NULL CHECK (status IN ('open','closed')),
        
    exit_date TEXT CHECK (exit_date IS date(exit_date)),
    exit_price INTEGER CHECK (exit_price >= 0),
    exit_reason TEXT CHECK (exit_reason IN ('stop_loss','trend_break','max_holding','rotated_out','delisted','end_of_data','manual')),
    pnl INTEGER,
    return_pct TEXT
,
        CHECK (status <> 'open' OR (actual_shares > 0 AND exit_date IS NULL AND exit_reason IS NULL AND pnl IS NULL)),
        CHECK (status <> 'closed' OR (actual_shares = 0 AND stop_order_id IS NULL AND exit_date IS NOT NULL
               AND exit_price IS NOT NULL AND exit_reason IS NOT NULL AND pnl IS NOT NULL))
    ) STRICT
    ;
INSERT INTO "positions" VALUES(1,'ema_p10','CCC','47bf607d-2e56-424e-bcc2-a4278c21c506','2026-03-02','2026-03-02',400000,250,250,100000000,0,0,360000,1000,NULL,NULL,'2026-03-02',80.0,'A','html','CCC Corp',NULL,'trend_break','2026-03-20','2026-03-20','open',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "positions" VALUES(2,'ema_p10','AAA','0dda2047-2feb-4258-a52e-ea4f673cc9cc','2026-03-02','2026-03-02',500000,200,200,100000000,0,0,450000,1000,'7faf791c-d895-4533-9749-ee122cbe217f',NULL,'2026-03-02',80.0,'A','html','AAA Corp',NULL,NULL,NULL,'2026-03-20','open',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "positions" VALUES(3,'ema_p10','BBB','f8ed1344-06f1-4746-8342-7a10956d1ff2','2026-03-02','2026-03-02',800000,125,125,100000000,0,0,720000,1000,'61d5b91d-c464-4a95-b8e5-922dcfc67c05',NULL,'2026-03-02',80.0,'A','html','BBB Corp',NULL,NULL,NULL,'2026-03-20','open',NULL,NULL,NULL,NULL,NULL);
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
    ) STRICT
    ;
INSERT INTO "run_log" VALUES(1,'20260302T140000Z-signal_generator-1','signal_generator',NULL,'2026-03-02','2026-03-02T14:00:00.000000Z','2026-03-02T14:00:00.000000Z',0,'ok','{"exit_code": 0, "endings": [], "notes": [], "closing": {"stopped_out": [], "exits": "none", "entries": "3: AAA 200, BBB 125, CCC 250", "skipped": "none", "needs_hand": "nothing", "next_step": "python -m live.executor --phase place before the open, then --phase poll after it"}}');
INSERT INTO "run_log" VALUES(2,'20260302T142000Z-executor-2','executor','place','2026-03-02','2026-03-02T14:20:00.000000Z','2026-03-02T14:20:00.000000Z',0,'ok','{"exit_code": 0, "endings": [], "notes": [], "closing": {"stopped_out": [], "exits": "none", "entries": "3 working: AAA, BBB, CCC", "skipped": "none", "needs_hand": "nothing", "next_step": "python -m live.executor --phase poll after 09:30"}}');
INSERT INTO "run_log" VALUES(3,'20260302T143100Z-executor-3','executor','poll','2026-03-02','2026-03-02T14:31:00.000000Z','2026-03-02T14:31:00.000000Z',0,'ok','{"exit_code": 0, "endings": [], "notes": [], "closing": {"stopped_out": [], "exits": "none", "entries": "3 bought: AAA, BBB, CCC", "skipped": "none", "needs_hand": "nothing", "next_step": "python -m live.executor --phase protect before 16:00"}}');
INSERT INTO "run_log" VALUES(4,'20260302T204500Z-executor-4','executor','protect','2026-03-02','2026-03-02T20:45:00.000000Z','2026-03-02T20:45:00.000000Z',0,'ok','{"exit_code": 0, "endings": [], "notes": [], "closing": {"stopped_out": [], "exits": "none", "entries": "3 bought: AAA, BBB, CCC", "skipped": "none", "needs_hand": "nothing", "next_step": "next session 2026-03-03, opens 09:30 New York"}}');
INSERT INTO "run_log" VALUES(5,'20260323T130000Z-signal_generator-5','signal_generator',NULL,'2026-03-23','2026-03-23T13:00:00.000000Z','2026-03-23T13:00:00.000000Z',0,'ok','{"exit_code": 0, "endings": [], "notes": ["no run on 14 sessions (2026-03-03 to 2026-03-20); their closes are judged now"], "closing": {"stopped_out": [], "exits": "1: CCC trend_break", "entries": "2: DDD 400, EEE 83", "skipped": "none", "needs_hand": "nothing", "next_step": "python -m live.executor --phase place before the open, then --phase poll after it"}}');
INSERT INTO "run_log" VALUES(6,'20260323T132000Z-executor-6','executor','place','2026-03-23','2026-03-23T13:20:00.000000Z','2026-03-23T13:20:00.000000Z',0,'ok','{"exit_code": 0, "endings": [], "notes": [], "closing": {"stopped_out": [], "exits": "1 working: CCC", "entries": "2 working: DDD, EEE", "skipped": "none", "needs_hand": "nothing", "next_step": "python -m live.executor --phase poll after 09:30"}}');
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
        
    pending_exit_reason TEXT CHECK (pending_exit_reason IN ('stop_loss','trend_break','max_holding','rotated_out','delisted','end_of_data','manual')),
    pending_exit_since TEXT CHECK (pending_exit_since IS date(pending_exit_since)),
    decided_through TEXT NOT NULL CHECK (decided_through IS date(decided_through)),

        status TEXT NOT NULL CHECK (status IN ('pending','open','closed','skipped')),
        skip_reason TEXT,
        
    exit_date TEXT CHECK (exit_date IS date(exit_date)),
    exit_price INTEGER CHECK (exit_price >= 0),
    exit_reason TEXT CHECK (exit_reason IN ('stop_loss','trend_break','max_holding','rotated_out','delisted','end_of_data','manual')),
    pnl INTEGER,
    return_pct TEXT
,
        CHECK (status <> 'open' OR (actual_shares > 0 AND exit_date IS NULL)),
        CHECK (status <> 'closed' OR (exit_date IS NOT NULL AND exit_price IS NOT NULL AND exit_reason IS NOT NULL
               AND pnl IS NOT NULL)),
        CHECK ((status = 'skipped') = (skip_reason IS NOT NULL))
    ) STRICT
    ;
INSERT INTO "shadow_positions" VALUES(1,'nwl_p4','AAA',NULL,'2026-03-02','2026-03-02',500000,200,200,100000000,450000,1,NULL,'2026-03-02',80.0,'A','html','AAA Corp',NULL,NULL,NULL,'2026-03-19','open',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "shadow_positions" VALUES(2,'nwl_p4','BBB',NULL,'2026-03-02','2026-03-02',800000,125,125,100000000,720000,2,NULL,'2026-03-02',80.0,'A','html','BBB Corp',NULL,NULL,NULL,'2026-03-19','open',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "shadow_positions" VALUES(3,'nwl_p4','CCC',NULL,'2026-03-02','2026-03-02',400000,250,250,100000000,360000,3,NULL,'2026-03-02',80.0,'A','html','CCC Corp',NULL,NULL,NULL,'2026-03-19','open',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "shadow_positions" VALUES(4,'nwl_p4','DDD',NULL,'2026-03-23','2026-03-23',250000,400,0,0,225000,1,NULL,'2026-03-23',80.0,'A','html','DDD Corp',NULL,NULL,NULL,'2026-03-20','pending',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "shadow_positions" VALUES(5,'nwl_p4','EEE',NULL,'2026-03-23','2026-03-23',1200000,83,0,0,1080000,2,NULL,'2026-03-23',80.0,'A','html','EEE Corp',NULL,NULL,NULL,'2026-03-20','pending',NULL,NULL,NULL,NULL,NULL,NULL);
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
    ) STRICT
    ;
INSERT INTO "shadow_signals" VALUES(1,'nwl_p4','2026-03-02',1,'entry','AAA',NULL,'{"rank": 1, "shares": 200, "reference_price": "50.00", "stop_price": "45.00", "replaces": null, "score": 80.0, "why": {}}','20260302T140000Z-signal_generator-1');
INSERT INTO "shadow_signals" VALUES(2,'nwl_p4','2026-03-02',2,'entry','BBB',NULL,'{"rank": 2, "shares": 125, "reference_price": "80.00", "stop_price": "72.00", "replaces": null, "score": 80.0, "why": {}}','20260302T140000Z-signal_generator-1');
INSERT INTO "shadow_signals" VALUES(3,'nwl_p4','2026-03-02',3,'entry','CCC',NULL,'{"rank": 3, "shares": 250, "reference_price": "40.00", "stop_price": "36.00", "replaces": null, "score": 80.0, "why": {}}','20260302T140000Z-signal_generator-1');
INSERT INTO "shadow_signals" VALUES(4,'nwl_p4','2026-03-23',1,'entry','DDD',NULL,'{"rank": 1, "shares": 400, "reference_price": "25.00", "stop_price": "22.50", "replaces": null, "score": 80.0, "why": {}}','20260323T130000Z-signal_generator-5');
INSERT INTO "shadow_signals" VALUES(5,'nwl_p4','2026-03-23',2,'entry','EEE',NULL,'{"rank": 2, "shares": 83, "reference_price": "120.00", "stop_price": "108.00", "replaces": null, "score": 80.0, "why": {}}','20260323T130000Z-signal_generator-5');
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
    ) STRICT
    ;
INSERT INTO "signal_files" VALUES(1,'ema_p10','2026-03-02','signals/trade_signals_2026-03-02_ema_p10.json','{
 "schema_version": 1,
 "strategy": "ema_p10",
 "trade_date": "2026-03-02",
 "as_of_session": "2026-02-27",
 "run_id": "20260302T140000Z-signal_generator-1",
 "generated_at": "2026-03-02T14:00:00.000000Z",
 "account": {
  "broker": "sim",
  "id_sha256": "fdfa5d41f6071d46a11ce5c050a9c6ebcc714d125d4d4f87a6cf526a39f9ff70",
  "live": false
 },
 "inputs": {
  "reports": [
   {
    "file": "earnings_trade_analysis_2026-03-02.html",
    "sha256": "b1bd6c8c7408009754acde102df38d09bc2abea922ad298cb3ec9854e572c566"
   }
  ],
  "config_sha256": "0ac9d11c477eb4c83266edca233b8f51b9573e2f90f3e02dc5b62a4ca8735842",
  "manifest_sha256": "9d7f256481c8294f79fef405598ade6bdf459165aa8c2c3fbfae002e230a89d9",
  "prices": {
   "source": "folder",
   "feed": null,
   "sha256": "80e4707fd7c7def55eed9a70982dae8f03718f599ccfa708111bb7d0eee79f42"
  }
 },
 "frozen": [],
 "unresolved": [],
 "exits": [],
 "entries": [
  {
   "rank": 1,
   "ticker": "AAA",
   "shares": 200,
   "reference_price": "50.00",
   "reference_source": "latest_trade",
   "stop_price": "45.00",
   "replaces": null,
   "score": 80,
   "grade": "A",
   "grade_source": "html",
   "report_date": "2026-03-02",
   "company_name": "AAA Corp",
   "gap_size": null,
   "why": {}
  },
  {
   "rank": 2,
   "ticker": "BBB",
   "shares": 125,
   "reference_price": "80.00",
   "reference_source": "latest_trade",
   "stop_price": "72.00",
   "replaces": null,
   "score": 80,
   "grade": "A",
   "grade_source": "html",
   "report_date": "2026-03-02",
   "company_name": "BBB Corp",
   "gap_size": null,
   "why": {}
  },
  {
   "rank": 3,
   "ticker": "CCC",
   "shares": 250,
   "reference_price": "40.00",
   "reference_source": "latest_trade",
   "stop_price": "36.00",
   "replaces": null,
   "score": 80,
   "grade": "A",
   "grade_source": "html",
   "report_date": "2026-03-02",
   "company_name": "CCC Corp",
   "gap_size": null,
   "why": {}
  }
 ],
 "skipped": [],
 "summary": {
  "exits": 0,
  "entries": 3,
  "skipped": 0
 },
 "content_sha256": "7a4be0b3a32d1de0d00c08b8a33817634485cf24596c4a3afd2c5ef6892ac9ce"
}
','7a4be0b3a32d1de0d00c08b8a33817634485cf24596c4a3afd2c5ef6892ac9ce','96e030f91b3b5a04dab431e52aeb1f228f145c0076872dccb626f59712ddca3d','20260302T140000Z-signal_generator-1','2026-03-02T14:00:00.000000Z',NULL);
INSERT INTO "signal_files" VALUES(2,'nwl_p4','2026-03-02','signals/trade_signals_2026-03-02_nwl_p4.json','{
 "schema_version": 1,
 "strategy": "nwl_p4",
 "trade_date": "2026-03-02",
 "as_of_session": "2026-02-27",
 "run_id": "20260302T140000Z-signal_generator-1",
 "generated_at": "2026-03-02T14:00:00.000000Z",
 "account": {
  "broker": "sim",
  "id_sha256": "fdfa5d41f6071d46a11ce5c050a9c6ebcc714d125d4d4f87a6cf526a39f9ff70",
  "live": false
 },
 "inputs": {
  "reports": [
   {
    "file": "earnings_trade_analysis_2026-03-02.html",
    "sha256": "b1bd6c8c7408009754acde102df38d09bc2abea922ad298cb3ec9854e572c566"
   }
  ],
  "config_sha256": "0ac9d11c477eb4c83266edca233b8f51b9573e2f90f3e02dc5b62a4ca8735842",
  "manifest_sha256": "9d7f256481c8294f79fef405598ade6bdf459165aa8c2c3fbfae002e230a89d9",
  "prices": {
   "source": "folder",
   "feed": null,
   "sha256": "80e4707fd7c7def55eed9a70982dae8f03718f599ccfa708111bb7d0eee79f42"
  }
 },
 "frozen": [],
 "unresolved": [],
 "exits": [],
 "entries": [
  {
   "rank": 1,
   "ticker": "AAA",
   "shares": 200,
   "reference_price": "50.00",
   "reference_source": "last_close",
   "stop_price": "45.00",
   "replaces": null,
   "score": 80,
   "grade": "A",
   "grade_source": "html",
   "report_date": "2026-03-02",
   "company_name": "AAA Corp",
   "gap_size": null,
   "why": {}
  },
  {
   "rank": 2,
   "ticker": "BBB",
   "shares": 125,
   "reference_price": "80.00",
   "reference_source": "last_close",
   "stop_price": "72.00",
   "replaces": null,
   "score": 80,
   "grade": "A",
   "grade_source": "html",
   "report_date": "2026-03-02",
   "company_name": "BBB Corp",
   "gap_size": null,
   "why": {}
  },
  {
   "rank": 3,
   "ticker": "CCC",
   "shares": 250,
   "reference_price": "40.00",
   "reference_source": "last_close",
   "stop_price": "36.00",
   "replaces": null,
   "score": 80,
   "grade": "A",
   "grade_source": "html",
   "report_date": "2026-03-02",
   "company_name": "CCC Corp",
   "gap_size": null,
   "why": {}
  }
 ],
 "skipped": [],
 "summary": {
  "exits": 0,
  "entries": 3,
  "skipped": 0
 },
 "content_sha256": "0c608ca3e7ad2ec9f951d43f98ca82fce69449e2362e0f8afef454db21b6590e"
}
','0c608ca3e7ad2ec9f951d43f98ca82fce69449e2362e0f8afef454db21b6590e','b5cd50a2560ea0f90b7988e1875e513450cfbc489a0e519512390d87281f688f','20260302T140000Z-signal_generator-1','2026-03-02T14:00:00.000000Z',NULL);
INSERT INTO "signal_files" VALUES(3,'ema_p10','2026-03-23','signals/trade_signals_2026-03-23_ema_p10.json','{
 "schema_version": 1,
 "strategy": "ema_p10",
 "trade_date": "2026-03-23",
 "as_of_session": "2026-03-20",
 "run_id": "20260323T130000Z-signal_generator-5",
 "generated_at": "2026-03-23T13:00:00.000000Z",
 "account": {
  "broker": "sim",
  "id_sha256": "fdfa5d41f6071d46a11ce5c050a9c6ebcc714d125d4d4f87a6cf526a39f9ff70",
  "live": false
 },
 "inputs": {
  "reports": [
   {
    "file": "earnings_trade_analysis_2026-03-23.html",
    "sha256": "31512807513870bbe7c32b1a226d9d471daa98de473a6ce39057e9f7ef631bdb"
   }
  ],
  "config_sha256": "0ac9d11c477eb4c83266edca233b8f51b9573e2f90f3e02dc5b62a4ca8735842",
  "manifest_sha256": "9d7f256481c8294f79fef405598ade6bdf459165aa8c2c3fbfae002e230a89d9",
  "prices": {
   "source": "folder",
   "feed": null,
   "sha256": "95ef7021993e61d9d2687d2d08938a109374304280971f4e79c3b4cb812fd373"
  }
 },
 "frozen": [],
 "unresolved": [],
 "exits": [
  {
   "position_id": 1,
   "ticker": "CCC",
   "shares": 250,
   "reason": "trend_break",
   "entry_price": "40.00",
   "why": {
    "week_close": "37.20",
    "indicator": "39.0744",
    "weeks": 2
   }
  }
 ],
 "entries": [
  {
   "rank": 1,
   "ticker": "DDD",
   "shares": 400,
   "reference_price": "25.00",
   "reference_source": "latest_trade",
   "stop_price": "22.50",
   "replaces": null,
   "score": 80,
   "grade": "A",
   "grade_source": "html",
   "report_date": "2026-03-23",
   "company_name": "DDD Corp",
   "gap_size": null,
   "why": {}
  },
  {
   "rank": 2,
   "ticker": "EEE",
   "shares": 83,
   "reference_price": "120.00",
   "reference_source": "latest_trade",
   "stop_price": "108.00",
   "replaces": null,
   "score": 80,
   "grade": "A",
   "grade_source": "html",
   "report_date": "2026-03-23",
   "company_name": "EEE Corp",
   "gap_size": null,
   "why": {}
  }
 ],
 "skipped": [],
 "summary": {
  "exits": 1,
  "entries": 2,
  "skipped": 0
 },
 "content_sha256": "dceea7395bb3a4424a79ad3baa46ed46b58daac353eef76522e90383902cffa3"
}
','dceea7395bb3a4424a79ad3baa46ed46b58daac353eef76522e90383902cffa3','68d5993e47ed7335627804bc0ab9304f88eeacfce7bfeb2f06d84f79b91e39de','20260323T130000Z-signal_generator-5','2026-03-23T13:00:00.000000Z',NULL);
INSERT INTO "signal_files" VALUES(4,'nwl_p4','2026-03-23','signals/trade_signals_2026-03-23_nwl_p4.json','{
 "schema_version": 1,
 "strategy": "nwl_p4",
 "trade_date": "2026-03-23",
 "as_of_session": "2026-03-20",
 "run_id": "20260323T130000Z-signal_generator-5",
 "generated_at": "2026-03-23T13:00:00.000000Z",
 "account": {
  "broker": "sim",
  "id_sha256": "fdfa5d41f6071d46a11ce5c050a9c6ebcc714d125d4d4f87a6cf526a39f9ff70",
  "live": false
 },
 "inputs": {
  "reports": [
   {
    "file": "earnings_trade_analysis_2026-03-23.html",
    "sha256": "31512807513870bbe7c32b1a226d9d471daa98de473a6ce39057e9f7ef631bdb"
   }
  ],
  "config_sha256": "0ac9d11c477eb4c83266edca233b8f51b9573e2f90f3e02dc5b62a4ca8735842",
  "manifest_sha256": "9d7f256481c8294f79fef405598ade6bdf459165aa8c2c3fbfae002e230a89d9",
  "prices": {
   "source": "folder",
   "feed": null,
   "sha256": "95ef7021993e61d9d2687d2d08938a109374304280971f4e79c3b4cb812fd373"
  }
 },
 "frozen": [],
 "unresolved": [],
 "exits": [],
 "entries": [
  {
   "rank": 1,
   "ticker": "DDD",
   "shares": 400,
   "reference_price": "25.00",
   "reference_source": "last_close",
   "stop_price": "22.50",
   "replaces": null,
   "score": 80,
   "grade": "A",
   "grade_source": "html",
   "report_date": "2026-03-23",
   "company_name": "DDD Corp",
   "gap_size": null,
   "why": {}
  },
  {
   "rank": 2,
   "ticker": "EEE",
   "shares": 83,
   "reference_price": "120.00",
   "reference_source": "last_close",
   "stop_price": "108.00",
   "replaces": null,
   "score": 80,
   "grade": "A",
   "grade_source": "html",
   "report_date": "2026-03-23",
   "company_name": "EEE Corp",
   "gap_size": null,
   "why": {}
  }
 ],
 "skipped": [],
 "summary": {
  "exits": 0,
  "entries": 2,
  "skipped": 0
 },
 "content_sha256": "ccf9c66b0a61b37a9696b931577f7a373dd9ff2f03ff519633c430e6c37347b6"
}
','ccf9c66b0a61b37a9696b931577f7a373dd9ff2f03ff519633c430e6c37347b6','bd86647151b34e35b1c5654cc2a3fc753460779eb93c63816fb06110588e87ac','20260323T130000Z-signal_generator-5','2026-03-23T13:00:00.000000Z',NULL);
CREATE TABLE system_config (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL CHECK (json_valid(value)),
        updated_at TEXT NOT NULL,
        updated_by TEXT NOT NULL
    ) STRICT
    ;
INSERT INTO "system_config" VALUES('kill_switch','{"on": false}','2026-11-29T00:48:33.017497Z','new state DB');
INSERT INTO "system_config" VALUES('account','{"broker": "sim", "account_id": "ed80af6e-b9a2-4b74-b00a-1189d1fd5746", "is_live": false}','2026-03-02T14:00:00.000000Z','first use');
INSERT INTO "system_config" VALUES('last_complete_sync','"2026-03-23T13:00:00.000000Z"','2026-03-23T13:00:00.000000Z','sync');
INSERT INTO "system_config" VALUES('shadow.nwl_p4','"2026-03-20"','2026-03-23T13:00:00.000000Z','shadow');
INSERT INTO "system_config" VALUES('flag.generator','"{\"references\":{\"trade_date\":\"2026-03-23\",\"taken_on\":\"2026-03-23\",\"references\":{\"DDD\":[\"25.00\",\"latest_trade\"],\"EEE\":[\"120.00\",\"latest_trade\"]}},\"offers\":{\"2026-03-23\":[[\"DDD\",\"2026-03-23\",\"A\",\"html\",80.0,250000,null,\"DDD Corp\",null],[\"EEE\",\"2026-03-23\",\"A\",\"html\",80.0,1200000,null,\"EEE Corp\",null]]}}"','2026-03-23T13:00:00.000000Z','signal_generator');
CREATE INDEX events_by_corr_id ON events (corr_id) WHERE corr_id IS NOT NULL;
CREATE TRIGGER events_never_change BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_never_go BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE UNIQUE INDEX one_open_position_a_ticker ON positions (ticker) WHERE status = 'open';
CREATE INDEX positions_by_exit_date ON positions (exit_date) WHERE status = 'closed';
CREATE UNIQUE INDEX one_entry_a_ticker_and_date ON orders (trade_date, ticker) WHERE intent = 'entry';
CREATE INDEX orders_unfinished ON orders (id) WHERE status NOT IN ('filled','canceled','expired','rejected','replaced','abandoned');
CREATE INDEX orders_by_trade_date ON orders (trade_date, ticker);
CREATE INDEX orders_by_position ON orders (position_id) WHERE position_id IS NOT NULL;
CREATE INDEX orders_by_sent_at ON orders (sent_at) WHERE sent_at IS NOT NULL;
CREATE TRIGGER filled_qty_only_grows BEFORE UPDATE OF filled_qty ON orders
    WHEN NEW.filled_qty < OLD.filled_qty
    BEGIN SELECT RAISE(ABORT, 'filled_qty only grows'); END;
CREATE UNIQUE INDEX one_open_shadow_a_ticker ON shadow_positions (strategy, ticker) WHERE status = 'open';
CREATE INDEX shadow_active ON shadow_positions (strategy, ticker) WHERE status IN ('pending','open');
CREATE UNIQUE INDEX one_current_file ON signal_files (strategy, trade_date) WHERE superseded_by IS NULL;
CREATE INDEX signal_files_by_bytes ON signal_files (file_sha256);
CREATE VIEW positions_readable AS
    SELECT position_id, strategy, ticker, status, entry_date, printf('%.4f', entry_price / 10000.0) AS entry_price,
           target_shares, actual_shares, printf('%.4f', stop_price / 10000.0) AS stop_price, stop_order_id,
           score, grade, report_date, company_name, pending_exit_reason, decided_through,
           exit_date, printf('%.4f', exit_price / 10000.0) AS exit_price, exit_reason,
           printf('%.2f', pnl / 10000.0) AS pnl, return_pct
    FROM positions;
CREATE VIEW shadow_readable AS
    SELECT position_id, strategy, ticker, status, entry_date, printf('%.4f', entry_price / 10000.0) AS entry_price,
           target_shares, actual_shares, printf('%.4f', stop_price / 10000.0) AS stop_price,
           score, grade, report_date, company_name, pending_exit_reason, decided_through, skip_reason,
           exit_date, printf('%.4f', exit_price / 10000.0) AS exit_price, exit_reason,
           printf('%.2f', pnl / 10000.0) AS pnl, return_pct
    FROM shadow_positions;
CREATE VIEW orders_readable AS
    SELECT client_order_id, status, broker_status, ticker, side, intent, trade_date, qty, filled_qty, remaining_qty,
           fill_price, printf('%.4f', planned_stop_price / 10000.0) AS planned_stop_price, reject_reason,
           position_id, parent_client_order_id, alpaca_order_id, run_id, created_at, sent_at, filled_at
    FROM orders;
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',63);
INSERT INTO "sqlite_sequence" VALUES('shadow_positions',5);
INSERT INTO "sqlite_sequence" VALUES('orders',12);
INSERT INTO "sqlite_sequence" VALUES('positions',3);
COMMIT;
PRAGMA application_id = 1162105414;
PRAGMA user_version = 2;
