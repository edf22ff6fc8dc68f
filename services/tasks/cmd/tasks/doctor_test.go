package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/doctor"
	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth/issuertest"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestDoctor_ReportsEachProblem breaks one thing at a time and checks the doctor's report.
func TestDoctor_ReportsEachProblem(t *testing.T) {
	t.Parallel()
	all := []string{"database", "schema", "role", "isolation", "pooler", "notify", "clock", "keys"}
	for _, tc := range []struct {
		name   string
		damage func(t *testing.T, db storetest.Database, config *serveConfig)
		// fails names the checks that must fail, report is a text that must be printed.
		// Checks that need the database do not run without it.
		fails  []string
		report string
	}{
		{"nothing is wrong", nil, nil, "could neither read, change nor delete"},
		{
			"a missing migration", asOwner("DELETE FROM tasklane.schema_version WHERE version_id > 0"),
			[]string{"schema"},
			"tasks migrate",
		},
		{
			"no schema at all", asOwner("DROP SCHEMA tasklane CASCADE"),
			[]string{"schema"},
			"tasks migrate",
		},
		{
			"row-level security switched off", asOwner("ALTER TABLE tasklane.tasks DISABLE ROW LEVEL SECURITY"),
			[]string{"role", "isolation"},
			"could",
		},
		{
			"a policy that shows all rows", asOwner("CREATE POLICY open ON tasklane.tasks USING (true)"),
			[]string{"role", "isolation"},
			"stop the service",
		},
		{
			"a policy that compares the user and shows all rows",
			asOwner("ALTER POLICY own_rows ON tasklane.tasks USING (user_id = current_setting('app.user_id', true) OR true)"),
			[]string{"role", "isolation"},
			"stop the service",
		},
		{
			"a view of all users' rows", asOwner("CREATE VIEW all_tasks AS SELECT * FROM tasklane.tasks; GRANT SELECT ON all_tasks TO PUBLIC"),
			[]string{"role"},
			"revoke",
		},
		{
			"a missing policy for one's own rows", asOwner("DROP POLICY own_rows ON tasklane.tasks"),
			[]string{"role", "isolation"},
			"grant the role of DATABASE_URL the privileges",
		},
		{
			"no issuer", func(_ *testing.T, _ storetest.Database, config *serveConfig) {
				config.JWKSURL = "http://127.0.0.1:1/jwks"
			},
			[]string{"keys"},
			"check that Better Auth runs",
		},
		{
			"no notifications", func(_ *testing.T, _ storetest.Database, config *serveConfig) {
				config.DirectURL = "postgres://owner:x@127.0.0.1:1/tasks"
			},
			[]string{"notify"},
			"within 30 s",
		},
		{
			"a role that does not exist", func(_ *testing.T, db storetest.Database, config *serveConfig) {
				config.DatabaseURL = environ.DatabaseURL(strings.Replace(db.URL, "://", "://nobody_", 1))
			},
			[]string{"database"},
			"check the host, role and password",
		},
		{
			"the superuser as the runtime role", func(_ *testing.T, db storetest.Database, config *serveConfig) {
				config.DatabaseURL = environ.DatabaseURL(db.OwnerURL)
			},
			[]string{"role", "isolation"},
			"a plain role that owns nothing",
		},
		{
			"a privilege to truncate", asOwner("GRANT TRUNCATE ON tasklane.tasks TO PUBLIC"),
			[]string{"role"},
			"revoke",
		},
		{
			"an HTML page in place of the keys", func(t *testing.T, _ storetest.Database, config *serveConfig) {
				page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
				t.Cleanup(page.Close)
				config.JWKSURL = page.URL
			},
			[]string{"keys"},
			"check that Better Auth runs at JWKS_URL",
		},
		{
			"a database that does not exist", func(t *testing.T, db storetest.Database, config *serveConfig) {
				u, err := url.Parse(db.URL)
				if err != nil {
					t.Fatal(err)
				}
				u.Path = "/nowhere"
				config.DatabaseURL = environ.DatabaseURL(u.String())
			},
			[]string{"database"},
			"DATABASE_URL",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			db := storetest.NewDatabase(t)
			issuer := issuertest.New(t)
			issuer.AddKey(t, "key", jwt.SigningMethodES256)
			config := serveConfig{
				DatabaseURL: environ.DatabaseURL(db.URL), DirectURL: environ.DatabaseURL(db.DirectURL), Pooled: db.Pooled, JWKSURL: issuer.URL,
				Issuer: issuertest.Name, Audience: issuertest.Audience,
			}
			if tc.damage != nil {
				tc.damage(t, db, &config)
			}
			s := storetest.Open(t, store.Config{URL: string(config.DatabaseURL)})
			var out bytes.Buffer
			err := doctor.Run(t.Context(), &out, checks(config, s))
			if (len(tc.fails) > 0) != errors.Is(err, doctor.ErrFailed) {
				t.Errorf("Run: %v", err)
			}
			for _, name := range all {
				verdict := "ok    " + name
				switch {
				case slices.Contains(tc.fails, name):
					verdict = "FAIL  " + name
				case slices.Contains(tc.fails, "database") && name != "keys", slices.Contains(tc.fails, "schema") && (name == "role" || name == "isolation"):
					verdict = "–     " + name
				}
				if !strings.Contains(out.String(), verdict) {
					t.Errorf("no %q in\n%s", verdict, out.String())
				}
			}
			if !strings.Contains(out.String(), tc.report) {
				t.Errorf("no %q in\n%s", tc.report, out.String())
			}
		})
	}
}

func asOwner(statement string) func(*testing.T, storetest.Database, *serveConfig) {
	return func(t *testing.T, db storetest.Database, _ *serveConfig) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), db.OwnerURL)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close(context.Background()) }()
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}
