// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import Store

/// E-mail, roles and the rest of an account, beside what `users-1` made.
enum AccountsMigration {
    static let migration = Migration("accounts-1") { database in
        try database.execute(
            sql: """
                ALTER TABLE users ADD COLUMN email TEXT COLLATE NOCASE;
                ALTER TABLE users ADD COLUMN email_verified_at INTEGER;
                ALTER TABLE users ADD COLUMN disabled_at INTEGER;
                ALTER TABLE users ADD COLUMN roles TEXT NOT NULL DEFAULT '[]';
                ALTER TABLE users ADD COLUMN password_changed_at INTEGER;
                UPDATE users SET email = json_extract(profile, '$.email'), profile = json_remove(profile, '$.email')
                    WHERE json_type(profile, '$.email') = 'text';
                CREATE INDEX users_email ON users(email) WHERE email IS NOT NULL;
                CREATE UNIQUE INDEX users_verified_email ON users(email) WHERE email_verified_at IS NOT NULL;

                CREATE TABLE mail_tokens (
                    hash BLOB PRIMARY KEY,
                    user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
                    purpose TEXT NOT NULL,
                    email TEXT NOT NULL,
                    expires_at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX mail_tokens_user ON mail_tokens(user_id, purpose);
                CREATE INDEX mail_tokens_expiry ON mail_tokens(expires_at);

                CREATE TABLE throttles (
                    key BLOB PRIMARY KEY,
                    attempts INTEGER NOT NULL,
                    since INTEGER NOT NULL,
                    locked_until INTEGER NOT NULL,
                    expires_at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX throttles_expiry ON throttles(expires_at);

                CREATE TABLE decoy_key (key BLOB NOT NULL) STRICT;
                INSERT INTO decoy_key VALUES (randomblob(32));
                """
        )
        try database.execute(sql: MailQueue.schema)
    }
}
