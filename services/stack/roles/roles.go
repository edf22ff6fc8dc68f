// Package roles prepares a PostgreSQL server for Tasklane: the database, the roles and Better
// Auth's schema.
package roles

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
)

// The names of the database and the roles. `tasks migrate` creates the task service's
// role, this package the others.
const (
	Database = "tasklane"
	Owner    = "tasklane_owner"
	Auth     = "tasklane_auth"
	App      = "tasklane_app"
)

// script also runs in docker-compose.yml.
//
//go:embed roles.sql
var script string

// Passwords are the roles' passwords.
type Passwords struct{ Owner, Auth string }

// Create creates the database, the roles and the schema, or updates existing ones. adminURL
// is a superuser's URL of any database of the server.
func Create(ctx context.Context, adminURL string, passwords Passwords) error {
	err := run(ctx, adminURL, func(conn *pgx.Conn) error {
		var exists bool
		if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", Database).Scan(&exists); err != nil || exists {
			return err
		}
		_, err := conn.Exec(ctx, "CREATE DATABASE "+Database+" ENCODING 'UTF8' TEMPLATE template0")
		return err
	})
	if err != nil {
		return fmt.Errorf("create database %s: %w", Database, err)
	}

	inDatabase, err := url.Parse(adminURL)
	if err != nil {
		return errors.New("the administrator's database URL is invalid")
	}
	inDatabase.Path = "/" + Database
	err = run(ctx, inDatabase.String(), func(conn *pgx.Conn) error {
		const set = "SELECT set_config('tasklane.owner_password', $1, false), set_config('tasklane.auth_password', $2, false)"
		if _, err := conn.Exec(ctx, set, passwords.Owner, passwords.Auth); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, script)
		return err
	})
	if err != nil {
		return fmt.Errorf("create roles: %w", err)
	}
	return nil
}

// AuthURL creates Better Auth's schema as the owner of a database that was not
// prepared by [Create], and returns Better Auth's URL. ownerURL must not lead
// through a pooler.
func AuthURL(ctx context.Context, ownerURL string) (string, error) {
	address, err := url.Parse(ownerURL)
	if err != nil {
		// Not err itself, which quotes the URL with its password.
		return "", fmt.Errorf("the owner's database URL is invalid")
	}
	err = run(ctx, ownerURL, func(conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS auth"); err != nil {
			return err
		}
		var ours bool
		if err := conn.QueryRow(ctx, "SELECT has_schema_privilege('auth', 'USAGE, CREATE')").Scan(&ours); err != nil {
			return err
		}
		if !ours {
			return errors.New("it exists and belongs to another role")
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("create schema auth: %w", err)
	}
	query := address.Query()
	query.Set("options", strings.TrimSpace(query.Get("options")+" -csearch_path=auth"))
	// PostgreSQL's clients do not decode + as a space.
	address.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return address.String(), nil
}

func run(ctx context.Context, url string, work func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	// The work is done, so this error does not matter.
	defer conn.Close(context.WithoutCancel(ctx))
	return work(conn)
}
