package httpapi

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
)

// TestRegister_ForwardsWithoutHandler checks that middleware runs, and that the forwarder
// gets the body unchanged, even if no handler would accept it.
func TestRegister_ForwardsWithoutHandler(t *testing.T) {
	t.Parallel()
	router := NewRouter(Observers{Log: slog.New(slog.DiscardHandler)})
	api := NewAPI(router, Config{Title: "Test", Version: "1", Forward: func(ctx huma.Context) {
		r, w := humachi.Unwrap(ctx)
		if _, ok := ctx.Context().Deadline(); !ok {
			t.Error("the forwarder has no deadline")
		}
		_, _ = w.Write(append([]byte(ctx.Operation().OperationID+" "), ReceivedBody(r)...)) // a recorder
	}})
	api.UseMiddleware(api.Receive)
	type body struct {
		Limit int `query:"limit" minimum:"1"`
		Body  struct {
			Name string `json:"name"`
		}
	}
	Register[body, body](api, huma.Operation{OperationID: "take", Method: http.MethodPost, Path: "/take"}, nil, nil)
	for name, test := range map[string]struct {
		contentType, body string
		status            int
		want              string
	}{
		"invalid body":     {"application/json", "{nonsense", http.StatusOK, "take {nonsense"},
		"body too large":   {"application/json", strings.Repeat(" ", MaxBodyBytes+1), http.StatusRequestEntityTooLarge, `"body_too_large"`},
		"unsupported type": {"text/plain", "{}", http.StatusUnsupportedMediaType, `"unsupported_media_type"`},
		"longest body":     {"application/json", strings.Repeat(" ", MaxBodyBytes), http.StatusOK, "take "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodPost, "/take?limit=-1&unknown", io.NopCloser(strings.NewReader(test.body))).WithContext(context.Background())
			r.Header.Set("Content-Type", test.contentType)
			router.ServeHTTP(response, r)
			if response.Code != test.status || !strings.Contains(response.Body.String(), test.want) {
				t.Errorf("%d %.200s, want %d and %s", response.Code, response.Body, test.status, test.want)
			}
		})
	}
	if api.OpenAPI().Paths["/take"].Post.RequestBody == nil {
		t.Error("the document does not have the operation's body")
	}
}
