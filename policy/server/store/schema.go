package store

import (
	"context"
	"database/sql"
	"fmt"
)

// migrations are applied in order, each once; PRAGMA user_version counts them.
// One that has been released is never changed.
func migrations() []string {
	return []string{`
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE agents (
	id TEXT PRIMARY KEY,
	salt BLOB NOT NULL, hash BLOB NOT NULL, -- of its password
	created TEXT NOT NULL,
	boot_id TEXT NOT NULL DEFAULT '', conn_seq INTEGER NOT NULL DEFAULT 0,
	online INTEGER NOT NULL DEFAULT 0, changed TEXT NOT NULL DEFAULT '',
	last_seen TEXT NOT NULL DEFAULT '', version TEXT NOT NULL DEFAULT '',
	stream TEXT NOT NULL DEFAULT '',
	key_epoch INTEGER NOT NULL DEFAULT 0, generation INTEGER NOT NULL DEFAULT 0 -- in force at the agent
) STRICT;
CREATE TABLE agent_sites (
	agent TEXT NOT NULL REFERENCES agents(id), site TEXT NOT NULL, PRIMARY KEY (agent, site)
) STRICT;

CREATE TABLE streams (
	agent TEXT NOT NULL REFERENCES agents(id), stream TEXT NOT NULL,
	upto INTEGER NOT NULL DEFAULT 0, first_seen TEXT NOT NULL, PRIMARY KEY (agent, stream)
) STRICT;
CREATE TABLE events (
	agent TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL,
	time TEXT NOT NULL, received TEXT NOT NULL,
	type TEXT NOT NULL, subject TEXT NOT NULL, data TEXT NOT NULL,
	PRIMARY KEY (agent, stream, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE gaps (
	agent TEXT NOT NULL, stream TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
	seen TEXT NOT NULL, filled TEXT NOT NULL DEFAULT '', lost INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (agent, stream, first)
) STRICT;

CREATE TABLE reported (agent TEXT PRIMARY KEY REFERENCES agents(id), at TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE cameras (
	agent TEXT NOT NULL, camera TEXT NOT NULL, site TEXT NOT NULL,
	stream TEXT NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL,
	PRIMARY KEY (agent, camera)
) STRICT;

CREATE TABLE decisions (
	id TEXT PRIMARY KEY, site TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL, envelope TEXT NOT NULL
) STRICT;
CREATE TABLE releases (
	id TEXT PRIMARY KEY, decision TEXT NOT NULL REFERENCES decisions(id),
	at TEXT NOT NULL, body TEXT NOT NULL, envelope TEXT NOT NULL
) STRICT;
CREATE INDEX releases_decision ON releases(decision);
CREATE TABLE generations (
	agent TEXT PRIMARY KEY REFERENCES agents(id),
	key_epoch INTEGER NOT NULL, generation INTEGER NOT NULL,
	content BLOB NOT NULL, -- SHA-256 of what the document says, without its number and dates
	expires TEXT NOT NULL, envelope TEXT NOT NULL
) STRICT;

CREATE TABLE findings (
	agent TEXT NOT NULL, id TEXT NOT NULL, rule TEXT NOT NULL, site TEXT NOT NULL,
	status TEXT NOT NULL, severity TEXT NOT NULL, since TEXT NOT NULL,
	stream TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
	PRIMARY KEY (agent, id)
) STRICT;
CREATE TABLE finding_history (
	agent TEXT NOT NULL, id TEXT NOT NULL, at TEXT NOT NULL, status TEXT NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE INDEX finding_history_id ON finding_history(agent, id, at);

CREATE TABLE alerts (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	key TEXT NOT NULL, kind TEXT NOT NULL, agent TEXT NOT NULL, site TEXT NOT NULL, subject TEXT NOT NULL,
	severity TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('pending','firing','acked','resolved')),
	since TEXT NOT NULL, due TEXT NOT NULL, fired TEXT NOT NULL DEFAULT '',
	acked TEXT NOT NULL DEFAULT '', acked_by TEXT NOT NULL DEFAULT '', resolved TEXT NOT NULL DEFAULT '',
	detail TEXT NOT NULL DEFAULT '', data TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX alerts_open ON alerts(key) WHERE state <> 'resolved';

CREATE TABLE accounts (
	name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL, language TEXT NOT NULL DEFAULT '',
	created TEXT NOT NULL
) STRICT;
CREATE TABLE account_sites (
	account TEXT NOT NULL REFERENCES accounts(name), site TEXT NOT NULL, PRIMARY KEY (account, site)
) STRICT;
CREATE TABLE sessions (
	token BLOB PRIMARY KEY, -- SHA-256 of the cookie's value
	account TEXT NOT NULL REFERENCES accounts(name), created TEXT NOT NULL, expires TEXT NOT NULL
) STRICT;

CREATE TABLE mail (
	id INTEGER PRIMARY KEY AUTOINCREMENT, alert INTEGER, recipient TEXT NOT NULL,
	subject TEXT NOT NULL, body TEXT NOT NULL, created TEXT NOT NULL,
	attempts INTEGER NOT NULL DEFAULT 0, next TEXT NOT NULL,
	sent TEXT NOT NULL DEFAULT '', dead TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX mail_due ON mail(next) WHERE sent = '' AND dead = '';

CREATE TABLE audit (
	id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
`, `
ALTER TABLE agents ADD COLUMN prev_boot TEXT NOT NULL DEFAULT ''; -- boot_id before this one
ALTER TABLE agents ADD COLUMN removed TEXT NOT NULL DEFAULT '';
ALTER TABLE agents ADD COLUMN cleared INTEGER NOT NULL DEFAULT 1; -- its retained messages, since it was removed
ALTER TABLE streams ADD COLUMN purged INTEGER NOT NULL DEFAULT 0; -- events up to here were deleted after their time
CREATE INDEX events_received ON events(received);
-- Events under a number that another event has already.
CREATE TABLE conflicts (
	agent TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL,
	time TEXT NOT NULL, received TEXT NOT NULL,
	type TEXT NOT NULL, subject TEXT NOT NULL, data TEXT NOT NULL
) STRICT;
CREATE INDEX conflicts_seq ON conflicts(agent, stream, seq);
`}
}

func migrate(ctx context.Context, db *sql.DB) error {
	var have int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return err
	}
	all := migrations()
	if have > len(all) {
		return fmt.Errorf("was written by a newer version (schema %d, this program knows %d); install that version again", have, len(all))
	}
	for i := have; i < len(all); i++ {
		err := run(ctx, db, func(t *Tx) error {
			if _, err := t.exec(all[i]); err != nil {
				return err
			}
			_, err := t.exec(fmt.Sprintf("PRAGMA user_version = %d", i+1))
			return err
		})
		if err != nil {
			return fmt.Errorf("schema step %d: %w", i+1, err)
		}
	}
	return nil
}
