package faults_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// unknownClients is the number of clients that flood a server.
	unknownClients = 560
	// ownRequests is the number of requests that a signed-in user sends during a flood. At
	// most one may fail.
	ownRequests = 40
)

// TestFloods_OfUnknownCredentialsDoNotBlockUsers floods the task service with JWTs of
// unknown keys, and a bff that cannot check signatures with unknown sessions.
func TestFloods_OfUnknownCredentialsDoNotBlockUsers(t *testing.T) {
	t.Parallel()
	s := startSystem(t, nil, "BETTER_AUTH_SECRET=", "CLIENT_RATE_LIMIT=0")
	user := s.newWriter("signed in", 1)
	token := "Bearer " + user.jwt()
	s.flood(t, s.tasks.URL, http.Header{"Authorization": {token}}, func() http.Header {
		return http.Header{"Authorization": {"Bearer " + unknownKey(token)}}
	})
	s.flood(t, s.bff.URL, http.Header{"Cookie": {user.cookie}}, func() http.Header {
		return http.Header{"Cookie": {"better-auth.session_token=" + rand.Text() + "." + base64.RawURLEncoding.EncodeToString([]byte(rand.Text()))}}
	})
}

// unknownKey returns the token with an unknown key id in its header.
func unknownKey(token string) string {
	_, rest, _ := strings.Cut(token, ".")
	header := fmt.Sprintf(`{"alg":"EdDSA","kid":%q}`, rand.Text())
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + rest
}

// flood checks that requests with the header own are served while unknownClients clients
// send requests with headers from unknown, without a pause, and that those get 401 or 503.
func (s *system) flood(t *testing.T, address *url.URL, own http.Header, unknown func() http.Header) {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: unknownClients + 1}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: attemptTimeout}
	send := func(header http.Header) (int, error) {
		r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, address.String()+"/api/tasks?limit=10", nil)
		if err != nil {
			return 0, err
		}
		r.Header = header
		response, err := client.Do(r)
		if err != nil {
			return 0, err
		}
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		return response.StatusCode, err
	}
	if status, err := send(own); status != http.StatusOK {
		t.Fatalf("before the flood: %d %v", status, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var flooding sync.WaitGroup
	var sent, wrong atomic.Int64
	var began sync.WaitGroup // every client has had a response
	began.Add(unknownClients)
	for range unknownClients {
		flooding.Go(func() {
			first := sync.OnceFunc(began.Done)
			for ctx.Err() == nil {
				status, err := send(unknown())
				sent.Add(1)
				if err != nil || status != http.StatusUnauthorized && status != http.StatusServiceUnavailable {
					wrong.Add(1)
					t.Logf("an unknown client: %d %v", status, err)
				}
				first()
			}
		})
	}
	began.Wait()
	served, quick := 0, 0
	for range ownRequests {
		begin := time.Now()
		status, err := send(own)
		if took := time.Since(begin); status == http.StatusOK {
			served++
			if took < time.Second {
				quick++
			}
		} else {
			t.Logf("a signed-in user: %d %v after %s", status, err, took)
		}
	}
	stop()
	flooding.Wait()
	t.Logf("%s: %d of %d requests of the user were served, %d within a second; the unknown clients sent %d requests", address, served, ownRequests, quick, sent.Load())
	if served < ownRequests-1 || wrong.Load() > 0 {
		t.Errorf("%s: %d of %d requests were served; %d responses to unknown clients were wrong", address, served, ownRequests, wrong.Load())
	}
	t.Logf("counted: requests of unknown clients %d", sent.Load())
}
