package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/bff/internal/servertest"
)

// TestAccountDeletionCanBeRepeated kills a server during each of the two steps of deleting
// an account: the tasks, then the account. A lock delays the step until the server is
// killed. Unless the account is deleted by then, the user deletes it again until that succeeds.
func TestAccountDeletionCanBeRepeated(t *testing.T) {
	t.Parallel()
	s := startSystem(t, servertest.StartPostgres(t))
	steps := []struct{ name, database, lock string }{
		{"the tasks", s.tasks.OwnerURL, "SELECT FROM tasklane.user_state WHERE user_id = $1 FOR UPDATE"},
		{"the account", s.auth.OwnerURL(), `SELECT FROM "user" WHERE id = $1 FOR UPDATE`},
	}
	for _, step := range steps {
		for _, victim := range []string{"auth", "tasks", "bff", "postgres"} {
			t.Run("kill "+victim+" while deleting "+step.name, func(t *testing.T) {
				a := s.newAccount(t)
				cookie, first := a.signIn(), make(chan int, 1)
				release := a.hold(step.database, step.lock, func() {
					go func() { first <- a.delete(cookie) }()
				})
				restart := s.kill(victim)
				release()
				restart()
				<-first
				eventually(t, func() error {
					cookie := a.signIn()
					if cookie == "" {
						return nil
					}
					switch status := a.delete(cookie); status {
					case http.StatusOK:
						return nil
					case http.StatusServiceUnavailable: // the servers still reconnect
						return errors.New("the account cannot be deleted yet")
					default:
						t.Fatalf("the repeated deletion: status %d", status)
						return nil
					}
				})
				a.expectNothing()
			})
		}
	}
}

// TestDeletedAccountWritesNothing uses a JWT and a session after their account is deleted.
func TestDeletedAccountWritesNothing(t *testing.T) {
	t.Parallel()
	s := startSystem(t, nil)
	a := s.newAccount(t)
	otherCookie := a.signIn()
	if status, _ := a.send(http.MethodPost, s.bff.URL.String()+"/api/auth/delete-user", map[string]string{"password": "wrong"}, "Cookie", a.cookie); status != http.StatusBadRequest {
		t.Fatalf("with a wrong password: status %d, want 400", status)
	}
	if status := a.delete(a.cookie); status != http.StatusOK {
		t.Fatalf("delete: status %d", status)
	}
	for _, cookie := range []string{a.cookie, otherCookie} {
		if status, body := a.send(http.MethodPost, s.bff.URL.String()+"/api/tasks", map[string]string{"title": "Ghost"}, "Cookie", cookie); status != http.StatusUnauthorized {
			t.Errorf("a session of the account creates a task: %d %s", status, body)
		}
	}
	a.expectNothing()
}

// TestAccountDeletion_FailsWhileTheTaskServiceIsUnreachable deletes an account while its tasks cannot be
// erased.
func TestAccountDeletion_FailsWhileTheTaskServiceIsUnreachable(t *testing.T) {
	t.Parallel()
	s := startSystem(t, nil)
	a := s.newAccount(t)
	repair := s.disturb("auth to tasks", cut)
	if status := a.delete(a.cookie); status != http.StatusServiceUnavailable {
		t.Errorf("delete: status %d, want 503", status)
	}
	repair()
	if status := a.delete(a.cookie); status != http.StatusOK {
		t.Errorf("delete again: status %d, want 200", status)
	}
	a.expectNothing()
}

// TestExpiredRowsAreDeleted restarts the auth server on a database with expired and valid
// sessions, challenges and device codes.
func TestExpiredRowsAreDeleted(t *testing.T) {
	t.Parallel()
	s := startSystem(t, nil)
	a := s.newAccount(t)
	for id, lifetime := range map[string]string{"old": "-1 minute", "new": "5 minutes"} {
		s.auth.Exec(`INSERT INTO session (id, token, "userId", "updatedAt", "expiresAt") VALUES ($1, $1, $2, now(), now() + $3::text::interval)`, id, a.id, lifetime)
		s.auth.Exec(`INSERT INTO verification (id, identifier, value, "expiresAt") VALUES ($1, $1, $2, now() + $3::text::interval)`, id, a.email, lifetime)
		s.auth.Exec(`INSERT INTO "deviceCode" (id, "deviceCode", "userCode", status, "expiresAt") VALUES ($1, $1, $1, 'pending', now() + $2::text::interval)`, id, lifetime)
	}
	s.kill("auth")()
	var left string
	a.queryValue(s.auth.OwnerURL(), &left, `SELECT string_agg(id, ' ') FROM (SELECT id FROM session UNION ALL SELECT id FROM verification UNION ALL SELECT id FROM "deviceCode") WHERE id IN ('old', 'new')`)
	if left != "new new new" {
		t.Errorf("the rows left are %q, want only the new ones", left)
	}
}

// account is a user with a task.
type account struct {
	t                      *testing.T
	s                      *system
	id, email, cookie, jwt string
}

func (s *system) newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{t: t, s: s, email: servertest.NewEmail()}
	response := s.auth.Post("/api/auth/sign-up/email", map[string]any{"name": "Ada Lovelace", "email": a.email, "password": servertest.Password})
	a.cookie = cookieHeader(response.Cookies())
	_, body, header := a.request(http.MethodGet, s.auth.URL.String()+"/api/auth/get-session", nil, "Cookie", a.cookie)
	var session struct {
		User struct {
			ID string `json:"id"`
		} `json:"user"`
	}
	if err := json.Unmarshal(body, &session); err != nil || session.User.ID == "" {
		t.Fatalf("get-session: %s (%v)", body, err)
	}
	a.id, a.jwt = session.User.ID, header.Get("Set-Auth-Jwt")
	s.auth.Exec(`INSERT INTO passkey (id, name, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
		VALUES ($1, 'Laptop', 'key', $1, $1, 0, 'singleDevice', false)`, a.id)
	s.auth.Post("/api/auth/api-key/create", map[string]any{"name": "report"}, response.Cookies()...)
	if status, body := a.createDirectly(); status != http.StatusCreated {
		t.Fatalf("create: %d %s", status, body)
	}
	return a
}

func cookieHeader(cookies []*http.Cookie) (header string) {
	for _, cookie := range cookies {
		header += cookie.Name + "=" + cookie.Value + "; "
	}
	return header
}

// createDirectly creates a task with the JWT.
func (a *account) createDirectly() (status int, body []byte) {
	return a.send(http.MethodPost, a.s.tasks.URL.String()+"/api/tasks", map[string]string{"title": "Water the plants"}, "Authorization", "Bearer "+a.jwt)
}

// signIn returns the cookie of a new session, or "" if the account does not exist.
func (a *account) signIn() (cookie string) {
	a.t.Helper()
	eventually(a.t, func() error {
		body := map[string]string{"email": a.email, "password": servertest.Password}
		response, err := a.do(http.MethodPost, a.s.auth.URL.String()+"/api/auth/sign-in/email", body)
		switch {
		case err != nil:
			return fmt.Errorf("sign in: %w", err)
		case response.StatusCode == http.StatusOK:
			cookie = cookieHeader(response.Cookies())
		case response.StatusCode != http.StatusUnauthorized:
			return fmt.Errorf("sign in: status %s", response.Status)
		}
		return nil
	})
	return cookie
}

// delete deletes the account and returns the status, or zero without a response.
func (a *account) delete(cookie string) int {
	status, _, _ := a.request(http.MethodPost, a.s.bff.URL.String()+"/api/auth/delete-user", map[string]string{"password": servertest.Password}, "Cookie", cookie)
	return status
}

// expectNothing checks that nothing of the account and its tasks is left, and that no task
// can be added.
func (a *account) expectNothing() {
	a.t.Helper()
	if status, body := a.createDirectly(); status != http.StatusForbidden || !bytes.Contains(body, []byte(`"account_deleted"`)) {
		a.t.Errorf("the JWT creates a task: %d %s", status, body)
	}
	if a.signIn() != "" {
		a.t.Error("signing in to the account succeeded")
	}
	counts := map[string]string{
		`SELECT count(*) FROM "user" WHERE id = $1`:               a.s.auth.OwnerURL(),
		`SELECT count(*) FROM session WHERE "userId" = $1`:        a.s.auth.OwnerURL(),
		`SELECT count(*) FROM account WHERE "userId" = $1`:        a.s.auth.OwnerURL(),
		`SELECT count(*) FROM passkey WHERE "userId" = $1`:        a.s.auth.OwnerURL(),
		`SELECT count(*) FROM apikey WHERE "referenceId" = $1`:    a.s.auth.OwnerURL(),
		`SELECT count(*) FROM tasklane.tasks WHERE user_id = $1`:  a.s.tasks.OwnerURL,
		`SELECT count(*) FROM tasklane.erased WHERE user_id = $1`: a.s.tasks.OwnerURL,
	}
	for query, database := range counts {
		var n int
		a.queryValue(database, &n, query, a.id)
		if n != 0 {
			a.t.Errorf("%s: %d", query, n)
		}
	}
}

// queryValue stores the only value of a query's result in value.
func (a *account) queryValue(database string, value any, query string, args ...any) {
	a.t.Helper()
	conn, err := pgx.Connect(a.t.Context(), database)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if err := conn.QueryRow(a.t.Context(), query, args...).Scan(value); err != nil {
		a.t.Fatal(err)
	}
}

// hold locks a row of the user, calls start, and returns once a statement waits for the
// lock. release unlocks the row.
func (a *account) hold(database, lock string, start func()) (release func()) {
	a.t.Helper()
	ctx := context.Background()
	holder, err := pgx.Connect(ctx, database)
	if err != nil {
		a.t.Fatal(err)
	}
	release = func() { _ = holder.Close(ctx) }
	a.t.Cleanup(release)
	if _, err := holder.Exec(ctx, "BEGIN"); err != nil {
		a.t.Fatal(err)
	}
	if _, err := holder.Exec(ctx, lock, a.id); err != nil {
		a.t.Fatal(err)
	}
	start()
	const waiting = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
	eventually(a.t, func() error {
		var n int
		if a.queryValue(database, &n, waiting); n == 0 {
			return errors.New("nothing waits for the row")
		}
		return nil
	})
	return release
}

func (a *account) send(method, url string, body any, header ...string) (status int, data []byte) {
	a.t.Helper()
	status, data, _ = a.request(method, url, body, header...)
	return status, data
}

// request sends a request and returns the response; the status is zero without one.
func (a *account) request(method, url string, body any, header ...string) (status int, data []byte, got http.Header) {
	response, err := a.do(method, url, body, header...)
	if err != nil {
		return 0, []byte(err.Error()), nil
	}
	data, _ = io.ReadAll(response.Body) // the body is in memory
	return response.StatusCode, data, response.Header
}

// do sends a request and reads the whole response.
func (a *account) do(method, url string, body any, header ...string) (*http.Response, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	if body == nil {
		encoded = nil
	}
	r, err := http.NewRequestWithContext(context.Background(), method, url, bytes.NewReader(encoded))
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for pair := range slices.Chunk(header, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
	response, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(data))
	return response, nil
}
