package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// GrantRuntime grants the role in runtimeURL the privileges that the service needs. It creates
// the role if it does not exist, and corrects its password if it is not the one in runtimeURL.
// For both, the owner needs CREATEROLE.
func GrantRuntime(ctx context.Context, ownerURL, runtimeURL string) error {
	runtime, err := pgx.ParseConfig(runtimeURL)
	if err != nil {
		return fmt.Errorf("read the runtime role's address of the database: %w", err)
	}
	conn, err := connectOwner(ctx, ownerURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()

	if conn.Config().User == runtime.User {
		return fmt.Errorf("the runtime role and the owner are both %q: the service must not own its tables", runtime.User)
	}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		err := awaitMigrators(ctx, func() scanner { return tx.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock($1)", migrationLock) })
		if err != nil {
			return err
		}
		if err := createRole(ctx, tx, runtime.User, runtime.Password); err != nil {
			return err
		}
		role := pgx.Identifier{runtime.User}.Sanitize()
		err = execEach(ctx, tx, []string{
			"GRANT USAGE ON SCHEMA tasklane TO " + role,
			"GRANT SELECT, INSERT, UPDATE, DELETE ON " + strings.Join(usersTables(kinds), ", ") + " TO " + role,
			"GRANT EXECUTE ON FUNCTION tasklane.purge(), tasklane.claim_purge() TO " + role,
			"GRANT SELECT ON " + versionTable + " TO " + role,
		})
		if err != nil {
			return fmt.Errorf("grant to the runtime role: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return correctPassword(ctx, conn, runtime)
}

// correctPassword sets the runtime role's password if it is not the one in its address. It
// uses the owner's server, because a pooler may have other passwords.
func correctPassword(ctx context.Context, owner *pgx.Conn, runtime *pgx.ConnConfig) error {
	login := owner.Config()
	login.User, login.Password = runtime.User, runtime.Password
	conn, err := pgx.ConnectConfig(ctx, login)
	var fault *pgconn.PgError
	switch {
	case err == nil:
		return conn.Close(ctx)
	case runtime.Password == "" || !errors.As(err, &fault) || fault.Code != invalidPassword:
		return nil // "tasks serve" reports the problem
	}
	var change string
	err = owner.QueryRow(ctx, "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)", runtime.User, runtime.Password).Scan(&change)
	if err == nil {
		_, err = owner.Exec(ctx, change)
	}
	if err != nil {
		return fmt.Errorf("set the password of the runtime role %q (the owner needs CREATEROLE, or set it by hand): %w", runtime.User, err)
	}
	return nil
}

// createRole creates a role that may log in, unless it exists. Names and passwords of roles
// cannot be statement arguments, so the server quotes them.
func createRole(ctx context.Context, tx pgx.Tx, name, password string) error {
	var create string
	err := tx.QueryRow(ctx, `
		SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', $1::text, $2::text)
		WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, name, password).Scan(&create)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for the runtime role: %w", err)
	}
	if _, err := tx.Exec(ctx, create); err != nil {
		return fmt.Errorf("create the runtime role %q (the owner needs CREATEROLE, or create it by hand): %w", name, err)
	}
	return nil
}

// execEach runs statements one by one, because Citus, and the extended protocol, reject
// several in one message.
func execEach(ctx context.Context, tx pgx.Tx, statements []string) error {
	for _, statement := range statements {
		if _, err := tx.Conn().PgConn().ExecParams(ctx, statement, nil, nil, nil, nil).Close(); err != nil {
			return err
		}
	}
	return nil
}
