// Package storetest gives each test its own database, with the schema and a runtime role
// that row-level security binds. A test fails if it cannot have one.
//
// TEST_POOLER is the address of a PgBouncer in transaction mode for the server; the runtime
// role then connects through it.
package storetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/stack/pgtest"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
)

// Database is a database that only one test uses.
type Database struct {
	// URL is the address for the runtime role, through the pooler if there is one, as
	// Pooled says. DirectURL is its direct address.
	URL, DirectURL string
	Pooled         bool
	// OwnerURL is the address for the owner of the tables, who may also
	// create roles.
	OwnerURL string
}

// New returns a store on a fresh database. The package's TestMain must call
// [pgtest.Main].
func New(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, store.Config{URL: NewDatabase(t).URL})
}

// Open returns a store that is closed with the test. It uses the pooler if the address is
// the pooler's.
func Open(t testing.TB, config store.Config) *store.Store {
	t.Helper()
	if u, err := url.Parse(config.URL); err == nil && u.Host == os.Getenv(pooler) {
		config.Pooled = true
	}
	s, err := store.Open(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// NewDatabase returns a database with the current schema. It is dropped with the test. If
// the test failed, it is kept and its name logged.
func NewDatabase(t testing.TB) Database {
	t.Helper()
	shared.Do(func() { shared.template, shared.err = makeTemplate(pgtest.URL(t)) })
	if shared.err != nil {
		t.Fatalf("create the template of the test databases: %v", shared.err)
	}
	return create(t, shared.name, shared.user)
}

// NewEmptyDatabase returns a database without the schema. Its URL names a role
// that does not exist.
func NewEmptyDatabase(t testing.TB) Database {
	t.Helper()
	user := newUser()
	// Runs after the database, with everything that the role owns there, has been dropped.
	t.Cleanup(func() {
		if !t.Failed() {
			report(t, exec(pgtest.URL(t), "DROP ROLE IF EXISTS "+user.Username()))
		}
	})
	return create(t, "template0", user)
}

// shared is the template from which the process's databases are copied: a copy takes a
// tenth of the time of the migrations.
var shared struct {
	sync.Once
	template
	err error
	// kept says whether a database was kept.
	kept atomic.Bool
}

type template struct {
	name string
	user *url.Userinfo
}

func makeTemplate(admin string) (template, error) {
	made := template{name: newName(), user: newUser()}
	if err := exec(admin, "CREATE DATABASE "+made.name); err != nil {
		return template{}, err
	}
	pgtest.AtExit(func() error {
		if err := exec(admin, "DROP DATABASE "+made.name); err != nil {
			return err
		}
		if shared.kept.Load() {
			return nil // the kept databases name the role
		}
		return exec(admin, "DROP ROLE IF EXISTS "+made.user.Username())
	})
	ctx, owner := context.Background(), address(admin, made.name, nil)
	if _, err := store.Migrate(ctx, owner); err != nil {
		return template{}, err
	}
	return made, store.GrantRuntime(ctx, owner, address(admin, made.name, made.user))
}

func create(t testing.TB, from string, user *url.Userinfo) Database {
	t.Helper()
	admin, name := pgtest.URL(t), newName()
	// The default writes each page to the log, and took twice as long.
	report(t, exec(admin, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY FILE_COPY", name, from)))
	t.Cleanup(func() {
		if t.Failed() {
			shared.kept.Store(true)
			t.Logf("the test's database is kept: %s", name)
			return
		}
		report(t, exec(admin, "DROP DATABASE "+name+" WITH (FORCE)"))
	})
	db := Database{DirectURL: address(admin, name, user), OwnerURL: address(admin, name, nil)}
	db.URL = db.DirectURL
	if host := os.Getenv(pooler); host != "" {
		u, err := url.Parse(db.DirectURL)
		report(t, err)
		u.Host, db.Pooled = host, true
		db.URL = u.String()
	}
	return db
}

// pooler is the variable with the pooler's address.
const pooler = "TEST_POOLER"

// address returns admin's address of another database, for user if not nil.
func address(admin, database string, user *url.Userinfo) string {
	u, err := url.Parse(admin)
	if err != nil {
		panic(err) // pgx has already parsed pgtest's addresses
	}
	u.Path = "/" + database
	if user != nil {
		u.User = user
	}
	return u.String()
}

func newName() string {
	return "test_" + strings.ToLower(rand.Text())
}

func newUser() *url.Userinfo {
	return url.UserPassword(newName(), rand.Text())
}

// exec runs one statement without a test's context, so that cleanup works after the test
// has ended.
func exec(address, statement string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// report reports err, if any, without ending the test.
func report(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
