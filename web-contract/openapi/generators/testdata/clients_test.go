package generators

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	oapibff "github.com/tasklane/tasklane/web-contract/openapi/generators/oapi/bff"
	oapitasks "github.com/tasklane/tasklane/web-contract/openapi/generators/oapi/tasks"
	ogenbff "github.com/tasklane/tasklane/web-contract/openapi/generators/ogen/bff"
	ogentasks "github.com/tasklane/tasklane/web-contract/openapi/generators/ogen/tasks"
)

// serveNewFields serves the document's example of a task with additional fields, as a
// later server might.
func serveNewFields(t *testing.T, document string) (url, title string) {
	t.Helper()
	loaded, err := openapi3.NewLoader().LoadFromFile(document)
	if err != nil {
		t.Fatal(err)
	}
	media := loaded.Paths.Find("/api/tasks/{id}").Get.Responses.Value("200").Value.Content["application/json"]
	body := media.Example.(map[string]any)
	data := body["data"].(map[string]any)
	body["more"], data["color"] = map[string]any{"a": []any{1}}, "blue"
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("ETag", `"1"`)
		_, _ = w.Write(text)
	}))
	t.Cleanup(server.Close)
	return server.URL, data["title"].(string)
}

type session struct{}

func (session) SecureSessionCookie(context.Context, ogenbff.OperationName) (ogenbff.SecureSessionCookie, error) {
	return ogenbff.SecureSessionCookie{APIKey: "a"}, nil
}

func (session) SessionCookie(context.Context, ogenbff.OperationName) (ogenbff.SessionCookie, error) {
	return ogenbff.SessionCookie{APIKey: "a"}, nil
}

func (session) SessionToken(context.Context, ogenbff.OperationName) (ogenbff.SessionToken, error) {
	return ogenbff.SessionToken{Token: "a"}, nil
}

type token struct{}

func (token) Bearer(context.Context, ogentasks.OperationName) (ogentasks.Bearer, error) {
	return ogentasks.Bearer{Token: "a"}, nil
}

func TestAcceptsNewFields(t *testing.T) {
	t.Parallel()
	id := uuid.New()
	calls := map[string]func(t *testing.T, url string) (title string){
		"oapi-codegen, bff": func(t *testing.T, url string) string {
			client := must(oapibff.NewClientWithResponses(url))(t)
			return must(client.GetTaskWithResponse(t.Context(), id, nil))(t).JSON200.Data.Title
		},
		"oapi-codegen, tasks": func(t *testing.T, url string) string {
			client := must(oapitasks.NewClientWithResponses(url))(t)
			return must(client.GetTaskWithResponse(t.Context(), id, nil))(t).JSON200.Data.Title
		},
		"ogen, bff": func(t *testing.T, url string) string {
			client := must(ogenbff.NewClient(url, session{}))(t)
			response := must(client.GetTask(t.Context(), ogenbff.GetTaskParams{ID: id}))(t)
			return response.(*ogenbff.GetTaskOKHeaders).Response.Data.Title
		},
		"ogen, tasks": func(t *testing.T, url string) string {
			client := must(ogentasks.NewClient(url, token{}))(t)
			response := must(client.GetTask(t.Context(), ogentasks.GetTaskParams{ID: id}))(t)
			return response.(*ogentasks.GetTaskOKHeaders).Response.Data.Title
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, document, _ := strings.Cut(name, ", ")
			url, want := serveNewFields(t, document+".yaml")
			if got := call(t, url); got != want {
				t.Errorf("got the title %q, want %q", got, want)
			}
		})
	}
}

// must returns a result, or fails the test with the error.
func must[T any](result T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
}
