package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk"
)

// defaultSite is the page's URL with "make up".
const defaultSite = "http://localhost:3000"

// callTimeout bounds one request to Better Auth.
const callTimeout = 30 * time.Second

// savedLogin is the sign-in of "tasklane login": the site, and the session's token.
type savedLogin struct {
	Site  string `json:"site"`
	Token string `json:"token"`
}

// loginPath returns the path of the saved sign-in, or "" without a configuration directory.
func (p program) loginPath() string {
	if p.configDir == "" {
		return ""
	}
	return filepath.Join(p.configDir, "tasklane", "login.json")
}

// savedLogin returns the saved sign-in, unless the environment names a user.
func (p program) savedLogin() (login savedLogin, ok bool) {
	for _, name := range []string{"TASKLANE_TOKEN", "TASKLANE_KEY", "TASKLANE_EMAIL", "TASKLANE_PASSWORD"} {
		if p.getenv(name) != "" {
			return savedLogin{}, false
		}
	}
	text, err := os.ReadFile(p.loginPath())
	if err != nil || json.Unmarshal(text, &login) != nil {
		return savedLogin{}, false
	}
	return login, login.Token != ""
}

// saveLogin saves a sign-in in a file that only the user may read.
func (p program) saveLogin(login savedLogin) error {
	text, err := json.Marshal(login)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(p.loginPath()), 0o700); err != nil {
		return err
	}
	return os.WriteFile(p.loginPath(), text, 0o600)
}

// login signs in by a code that the user confirms on the page (RFC 8628).
func (s *session) login(ctx context.Context, args []string) error {
	site := s.flags.String("site", cmp.Or(s.getenv("TASKLANE_SITE"), defaultSite), "the `URL` of the site")
	if words, err := s.parse(args); err != nil || len(words) > 0 {
		return cmp.Or(err, usageError("login takes no arguments"))
	}
	if s.configDir == "" {
		return usageError("there is no directory for the sign-in: set HOME")
	}
	login := savedLogin{Site: strings.TrimRight(*site, "/")}
	var code struct {
		DeviceCode string `json:"device_code"`
		UserCode   string `json:"user_code"`
		Page       string `json:"verification_uri_complete"`
		ExpiresIn  int    `json:"expires_in"`
		Interval   int    `json:"interval"`
	}
	if err := login.call(ctx, http.MethodPost, "/device/code", map[string]string{"client_id": clientID}, &code); err != nil {
		return err
	}
	fmt.Fprintf(s.stderr, "Open this page and allow the program with the code %s:\n\n  %s\n\n", code.UserCode, code.Page)
	ctx, cancel := context.WithTimeout(ctx, time.Duration(code.ExpiresIn)*time.Second)
	defer cancel()
	pause := time.Duration(max(1, code.Interval)) * time.Second
	for {
		if err := s.wait(ctx, pause); errors.Is(err, context.DeadlineExceeded) {
			return signInError("the code was not confirmed in time: run \"tasklane login\" again")
		} else if err != nil {
			return err
		}
		var response struct {
			Token string `json:"access_token"`
		}
		err := login.call(ctx, http.MethodPost, "/device/token", map[string]string{
			"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": code.DeviceCode, "client_id": clientID,
		}, &response)
		var rejected authError
		switch {
		case err == nil:
			login.Token = response.Token
			if err := s.saveLogin(login); err != nil {
				return err
			}
			fmt.Fprintln(s.stdout, "Signed in at", login.Site)
			return nil
		case errors.As(err, &rejected) && rejected.reason == "slow_down":
			pause += 5 * time.Second
		case errors.As(err, &rejected) && rejected.reason == "access_denied":
			return signInError("access was denied on the page")
		case errors.As(err, &rejected) && rejected.reason != "authorization_pending":
			return err
		}
	}
}

// logout ends the session of "tasklane login".
func (s *session) logout(ctx context.Context, args []string) error {
	if words, err := s.parse(args); err != nil || len(words) > 0 {
		return cmp.Or(err, usageError("logout takes no arguments"))
	}
	login, ok := s.savedLogin()
	if !ok {
		return signInError("you are not signed in with \"tasklane login\"")
	}
	if err := login.call(ctx, http.MethodPost, "/sign-out", struct{}{}, nil); err != nil {
		return err
	}
	if err := os.Remove(s.loginPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	fmt.Fprintln(s.stdout, "Signed out")
	return nil
}

// keys lists, creates and revokes API keys.
func (s *session) keys(ctx context.Context, args []string) error {
	name := s.flags.String("add", "", "create a key with this `name`, and print it")
	revoke := s.flags.String("revoke", "", "revoke the key with this `name` or id")
	if words, err := s.parse(args); err != nil || len(words) > 0 {
		return cmp.Or(err, usageError("keys takes no arguments"))
	}
	login, ok := s.savedLogin()
	if !ok {
		return signInError("run \"tasklane login\" first: keys need a sign-in")
	}
	if *name != "" {
		var created struct {
			Key string `json:"key"`
		}
		if err := login.call(ctx, http.MethodPost, "/api-key/create", map[string]string{"name": *name}, &created); err != nil {
			return err
		}
		fmt.Fprintln(s.stdout, created.Key)
		return nil
	}
	var list struct {
		Keys []struct {
			ID, Name, Start string
			CreatedAt       time.Time
		} `json:"apiKeys"`
	}
	if err := login.call(ctx, http.MethodGet, "/api-key/list", nil, &list); err != nil {
		return err
	}
	var found []string
	for _, key := range list.Keys {
		if *revoke == "" {
			fmt.Fprintf(s.stdout, "%s  %s…  %s  %s\n", key.ID, key.Start, key.CreatedAt.Format(time.DateOnly), key.Name)
		} else if key.ID == *revoke || key.Name == *revoke {
			found = append(found, key.ID)
		}
	}
	switch {
	case *revoke == "":
		return nil
	case len(found) == 0:
		return notFoundError("you have no such key")
	case len(found) > 1:
		return usageError(fmt.Sprintf("%d keys are called %q; use an id", len(found), *revoke))
	}
	return login.call(ctx, http.MethodPost, "/api-key/delete", map[string]string{"keyId": found[0]}, nil)
}

// clientID names this program where it signs in.
const clientID = "tasklane"

// authError is an error response of Better Auth.
type authError struct {
	status  int
	reason  string // OAuth's error code, such as "slow_down"
	message string
}

func (e authError) Error() string {
	return fmt.Sprintf("the server rejected the request (%d): %s", e.status, cmp.Or(e.message, e.reason, "no reason"))
}

// call calls an endpoint of Better Auth through the site, and decodes the response into
// out, unless that is nil.
func (l savedLogin) call(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	if in == nil {
		body = nil
	}
	r, err := http.NewRequestWithContext(ctx, method, l.Site+"/api/auth"+path, bytes.NewReader(body))
	if err != nil {
		return usageError("-site: " + err.Error())
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "tasklane/"+sdk.Version)
	if l.Token != "" {
		r.Header.Set("Authorization", "Bearer "+l.Token)
	}
	response, err := http.DefaultClient.Do(r)
	var data []byte
	if err == nil {
		defer func() { _ = response.Body.Close() }()
		data, err = io.ReadAll(io.LimitReader(response.Body, 1<<20))
	}
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case err != nil:
		return ownError{fmt.Sprintf("cannot reach %s: %v", l.Site, err), exitUnreachable}
	}
	switch status := response.StatusCode; {
	case status == http.StatusUnauthorized:
		return signInError("your sign-in has expired: run \"tasklane login\"")
	case status == http.StatusTooManyRequests || status > http.StatusInternalServerError:
		return ownError{fmt.Sprintf("%s is unavailable (%d): try again later", l.Site, status), exitUnreachable}
	case status != http.StatusOK:
		var problem struct{ Error, Message string }
		_ = json.Unmarshal(data, &problem) // otherwise without a reason
		return authError{status, problem.Error, problem.Message}
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("%s is not a Tasklane site: %w", l.Site, err)
	}
	return nil
}
