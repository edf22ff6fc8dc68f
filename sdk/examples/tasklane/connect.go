package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/tasklane/tasklane/sdk"
)

// The servers' URLs with "make up".
const (
	defaultURL     = "http://localhost:8080"
	defaultAuthURL = "http://localhost:3001"
)

func (p program) serviceURL() string {
	if login, ok := p.savedLogin(); ok {
		return login.Site
	}
	return cmp.Or(p.getenv("TASKLANE_URL"), defaultURL)
}

func (p program) authURL() string { return cmp.Or(p.getenv("TASKLANE_AUTH_URL"), defaultAuthURL) }

// connect returns a client configured by the environment.
func (p program) connect() (*sdk.Client, error) {
	source, err := p.tokenSource()
	if err != nil {
		return nil, err
	}
	client, err := sdk.New(p.serviceURL(),
		sdk.WithTokenSource(source),
		sdk.WithUserAgent("tasklane/"+sdk.Version),
		sdk.WithHook(p.reportOutage()),
	)
	if err != nil {
		return nil, usageError("TASKLANE_URL: " + strings.TrimPrefix(err.Error(), "tasklane: "))
	}
	return client, nil
}

// tokenSource returns a source for the user in the environment or of the sign-in.
func (p program) tokenSource() (sdk.TokenSource, error) {
	if login, ok := p.savedLogin(); ok {
		return sdk.StaticToken(login.Token), nil
	}
	token, email, password := p.getenv("TASKLANE_TOKEN"), p.getenv("TASKLANE_EMAIL"), p.getenv("TASKLANE_PASSWORD")
	key := p.getenv("TASKLANE_KEY")
	switch {
	case token != "":
		return sdk.StaticToken(token), nil
	case key != "":
		source, err := sdk.NewKeySource(p.authURL(), key)
		return p.cached("TASKLANE_AUTH_URL or TASKLANE_KEY", key, source, err)
	case email == "" && password == "":
		return nil, signInError("you are not signed in: run \"tasklane login\"")
	case email == "":
		return nil, signInError("you are not signed in: TASKLANE_EMAIL is not set")
	case password == "":
		return nil, signInError("you are not signed in: TASKLANE_PASSWORD is not set")
	}
	source, err := sdk.NewPasswordSource(p.authURL(), email, password)
	return p.cached("TASKLANE_AUTH_URL", email, source, err)
}

// cached returns the source with its tokens cached in a file. err is the error of the
// source's constructor, whose arguments come from these variables.
func (p program) cached(variables, user string, source sdk.TokenSource, err error) (sdk.TokenSource, error) {
	if err != nil {
		return nil, usageError(variables + ": " + strings.TrimPrefix(err.Error(), "tasklane: "))
	}
	if p.cacheDir == "" {
		return source, nil
	}
	name := fmt.Sprintf("%x.jwt", sha256.Sum256([]byte(p.authURL()+"\n"+user)))
	return sdk.NewTokenFile(filepath.Join(p.cacheDir, "tasklane", name), source), nil
}

// outage is printed while the client retries.
const outage = "tasklane: the service cannot be reached, retrying …"

// reportOutage returns a hook that prints outage, once. The command watch reports its
// connections itself.
func (p program) reportOutage() sdk.Hook {
	var reported atomic.Bool
	return func(_ context.Context, attempt sdk.Attempt) func(sdk.Outcome) {
		if attempt.Operation == "watchChanges" {
			return nil
		}
		return func(outcome sdk.Outcome) {
			transient := outcome.WillRetry && outcome.Status != http.StatusUnauthorized
			if transient && !reported.Swap(true) {
				fmt.Fprintln(p.stderr, outage)
			}
		}
	}
}
