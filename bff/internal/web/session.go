package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/services/httpapi"
)

var sessionTag = &huma.Tag{Name: "Session", Description: "The signed-in user. Better Auth, below /api/auth, signs users in and out."}

// Session is the signed-in user and the expiry of the session. It contains no token.
type Session struct {
	User      session.User `json:"user"`
	ExpiresAt time.Time    `json:"expiresAt" doc:"When the session expires unless it is used before." example:"2026-11-30T08:00:00Z"`
}

// SessionResponse is the response of getSession.
type SessionResponse struct {
	Success bool    `json:"success" enum:"true" doc:"Always true in a response with status 2xx."`
	Data    Session `json:"data"`
}

type sessionOutput struct {
	Body SessionResponse
}

func (s *server) registerSession(api *httpapi.API) {
	httpapi.Register(api, huma.Operation{
		OperationID: "getSession", Method: http.MethodGet, Path: "/api/session",
		Summary:     "Get the session",
		Description: "Returns the signed-in user and the expiry of the session.",
		Tags:        []string{sessionTag.Name},
		Security:    security,
	}, sessionCodes, s.getSession)
}

func (s *server) getSession(ctx context.Context, _ *struct{}) (*sessionOutput, error) {
	current := callerFrom(ctx).session
	return &sessionOutput{Body: SessionResponse{Success: true, Data: Session{
		User:      current.User,
		ExpiresAt: current.ExpiresAt.UTC(),
	}}}, nil
}
