package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tasklane/tasklane/services/doctor"
)

// checkSite tries whether PUBLIC_URL leads to a bff.
func (p *siteCheck) checkSite(ctx context.Context) (string, error) {
	target := p.PublicURL.JoinPath("/api/session")
	response, err := p.ask(ctx, http.MethodGet, target, nil)
	if _, unreachable := errors.AsType[*net.OpError](err); unreachable {
		return "", doctor.Skip("PUBLIC_URL cannot be reached from here")
	}
	if err != nil {
		return "", err
	}
	var problem struct{ Code string }
	_ = json.Unmarshal(response.body, &problem) // a body that is not an object has no code
	if response.status != http.StatusUnauthorized || problem.Code != "unauthenticated" {
		return "", fmt.Errorf("%s responds with %d, and is not a bff's", target, response.status)
	}
	return "is at " + p.PublicURL.String(), nil
}

// checkAuth asks for the keys, which Better Auth reads from its database.
func (p *siteCheck) checkAuth(ctx context.Context) (string, error) {
	response, err := p.ask(ctx, http.MethodGet, p.auth.URL.JoinPath("jwks"), nil)
	if err != nil {
		return "", err
	}
	var keys struct {
		Keys []struct{ Alg string } `json:"keys"`
	}
	switch {
	case response.status >= http.StatusInternalServerError:
		return "", &doctor.Fault{Problem: fmt.Sprintf("responds with %d for its keys", response.status), Fix: "look at Better Auth's log: it may not reach its database"}
	case response.status != http.StatusOK || json.Unmarshal(response.body, &keys) != nil || keys.Keys == nil:
		return "", &doctor.Fault{
			Problem: fmt.Sprintf("%s responds with %d, which is not a list of keys", p.auth.URL, response.status),
			Fix:     "let BETTER_AUTH_URL lead to Better Auth, with its path if that is not /api/auth, and give it the plugin jwt",
		}
	}
	return fmt.Sprintf("responds, with %d keys", len(keys.Keys)), nil
}

func (p *siteCheck) checkClock(ctx context.Context) (string, error) {
	response, err := p.ask(ctx, http.MethodGet, p.auth.URL.JoinPath("ok"), nil)
	if err != nil {
		return "", err
	}
	there, err := http.ParseTime(response.header.Get("Date"))
	if err != nil {
		return "not told by Better Auth", nil
	}
	if apart := time.Since(there).Abs(); apart > clockTolerance {
		return "", fmt.Errorf("Better Auth's clock is %s from this machine's", apart.Round(time.Second)) //nolint:staticcheck // a name
	}
	return "agrees with Better Auth's", nil
}

// checkOrigin signs nobody out, as a page of the site and of each trusted origin does.
func (p *siteCheck) checkOrigin(ctx context.Context) (string, error) {
	origins := []string{p.PublicURL.String()}
	for _, origin := range p.TrustedOrigins {
		origins = append(origins, origin.String())
	}
	for _, origin := range origins {
		// Better Auth checks the origin of requests with a cookie, whichever.
		response, err := p.ask(ctx, http.MethodPost, p.auth.URL.JoinPath("sign-out"), struct{}{}, "Origin", origin, "Cookie", "doctor=1")
		if err != nil {
			return "", err
		}
		switch response.status {
		case http.StatusOK:
		case http.StatusForbidden:
			return "", &doctor.Fault{
				Problem: "Better Auth rejects pages of " + origin,
				Fix:     "set BETTER_AUTH_URL of the auth server to PUBLIC_URL, and BETTER_AUTH_TRUSTED_ORIGINS there to TRUSTED_ORIGINS; with your own Better Auth: baseURL and trustedOrigins",
			}
		default:
			return "", fmt.Errorf("sign-out: status %d", response.status)
		}
	}
	return "is trusted by Better Auth: " + strings.Join(origins, ", "), nil
}

// signInLimit is more than the sign-ins that Better Auth allows an address in a short time.
const signInLimit = 4

// checkProxy tries whether Better Auth tells users apart by their addresses. It limits
// sign-ins for each address and path, so a path without an endpoint disturbs nobody.
func (p *siteCheck) checkProxy(ctx context.Context) (string, error) {
	target := p.auth.URL.JoinPath("sign-in/doctor")
	limited := func(client string) (bool, error) {
		response, err := p.ask(ctx, http.MethodPost, target, struct{}{}, "X-Forwarded-For", client)
		return err == nil && response.status == http.StatusTooManyRequests, err
	}
	busy, other := someAddress(), someAddress()
	for range signInLimit {
		isLimited, err := limited(busy)
		if err != nil {
			return "", err
		}
		if !isLimited {
			continue
		}
		if isShared, err := limited(other); err != nil || !isShared {
			return "passes on users' addresses, by which Better Auth limits sign-ins", err
		}
		return "", &doctor.Fault{
			Problem: "all users share one limit on sign-ins, because Better Auth does not believe X-Forwarded-For",
			Fix:     "name the bffs in TRUSTED_PROXIES of the auth server; with your own Better Auth: advanced.ipAddress",
		}
	}
	return "not tried: Better Auth does not limit sign-ins", nil
}

// someAddress returns an address of the network for benchmarks (RFC 2544), which no user has.
func someAddress() string {
	var random [2]byte
	_, _ = rand.Read(random[:]) // never fails
	return fmt.Sprintf("198.18.%d.%d", random[0], random[1])
}

// checkPasskeys compares the domain of passkeys with the host of the site's pages.
func (p *siteCheck) checkPasskeys(ctx context.Context) (string, error) {
	response, err := p.ask(ctx, http.MethodGet, p.auth.URL.JoinPath("passkey/generate-authenticate-options"), nil)
	if err != nil {
		return "", err
	}
	var options struct {
		Domain string `json:"rpId"`
	}
	switch {
	case response.status == http.StatusNotFound:
		return "are not offered by Better Auth", nil
	case response.status != http.StatusOK || json.Unmarshal(response.body, &options) != nil:
		return "", fmt.Errorf("the request for a challenge: status %d", response.status)
	case !strings.HasSuffix("."+p.PublicURL.Hostname(), "."+options.Domain):
		return "", fmt.Errorf("they are for %s, and browsers do not accept that on pages of %s", options.Domain, p.PublicURL)
	}
	return "are for " + options.Domain, nil
}

func (p *siteCheck) checkService(ctx context.Context) (string, error) {
	response, err := p.ask(ctx, http.MethodHead, p.TasksURL.URL, nil)
	if err != nil {
		return "", err
	}
	if response.status != http.StatusNoContent {
		return "", fmt.Errorf("%s responds with %d: it is not the task service", p.TasksURL, response.status)
	}
	return "responds", nil
}
