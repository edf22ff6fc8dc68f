package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
)

// identityFrom returns the caller that authenticate put into the context.
func identityFrom(ctx context.Context) jwtauth.Identity {
	return httpapi.Caller[jwtauth.Identity](ctx)
}

// userFrom returns the caller's user id.
func userFrom(ctx context.Context) string { return identityFrom(ctx).User }

// authenticate returns the middleware that verifies the bearer token and puts its user into
// the request's context. Without a valid token, it responds with the error instead. No other
// code sets the user.
func authenticate(api *httpapi.API, tokens Verifier) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		scheme, token, _ := strings.Cut(httpapi.JoinedHeader(ctx, "Authorization"), " ")
		var id jwtauth.Identity
		var err error = httpapi.NewProblem(taskapi.CodeUnauthenticated, "This needs a bearer token.")
		if strings.EqualFold(scheme, "Bearer") && token != "" {
			id, err = tokens.Verify(ctx.Context(), strings.TrimSpace(token))
		}
		if err != nil {
			problem := api.Problem(ctx.Context(), err)
			if problem.Status == http.StatusUnauthorized {
				problem.WithHeader("WWW-Authenticate", challenge(err))
			}
			httpapi.WriteTo(ctx, problem)
			return
		}
		httpapi.SetUser(ctx.Context(), id.User, id)
		next(ctx)
	}
}

// challenge returns the WWW-Authenticate header of RFC 6750, with the reason if
// a token was sent.
func challenge(err error) string {
	switch {
	case errors.Is(err, jwtauth.ErrExpired):
		return `Bearer error="invalid_token", error_description="The token has expired."`
	case errors.Is(err, jwtauth.ErrIssuer):
		return `Bearer error="invalid_token", error_description="The issuer is not the one of JWT_ISSUER."`
	case errors.Is(err, jwtauth.ErrAudience):
		return `Bearer error="invalid_token", error_description="The audience is not the one of JWT_AUDIENCE."`
	case errors.Is(err, jwtauth.ErrInvalid):
		return `Bearer error="invalid_token"`
	}
	return "Bearer"
}
