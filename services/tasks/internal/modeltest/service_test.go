package modeltest_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tasklane/tasklane/services/stack/pgtest"
	"github.com/tasklane/tasklane/services/tasks/internal/api"
	"github.com/tasklane/tasklane/services/tasks/internal/feed"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth/issuertest"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// service is the task service on its own database, with limits of a user's data.
func service(t *testing.T, maxResources, maxBytes int64) side {
	t.Helper()
	issuer, log := issuertest.New(t), slog.New(slog.DiscardHandler)
	key := issuer.AddKey(t, "key", jwt.SigningMethodES256)
	tokens, err := jwtauth.New(context.WithoutCancel(t.Context()), jwtauth.Config{
		JWKSURL: issuer.URL, Issuer: issuertest.Name, Audience: issuertest.Audience,
	}, log)
	if err != nil {
		t.Fatal(err)
	}
	db := storetest.NewDatabase(t)
	tasks := storetest.Open(t, store.Config{URL: db.URL, MaxResources: maxResources, MaxBytes: maxBytes})
	hub := feed.New(store.NewBus(tasks, db.DirectURL), log)
	t.Cleanup(hub.Close)
	return side{
		name:    "the service",
		handler: api.NewHandler(api.Parts{Log: log, Store: tasks, Tokens: tokens, Hub: hub}),
		token: func(user string) string {
			claims := issuertest.Claims(user)
			claims["exp"] = jwt.NewNumericDate(time.Now().Add(24 * time.Hour))
			return key.Token(t, claims, nil)
		},
	}
}
