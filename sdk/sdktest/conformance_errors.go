package sdktest

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// invalidCases send invalid requests, and check the fields of the errors.
var invalidCases = func() []contractCase {
	const tasks = "/api/tasks"
	long := strings.Repeat("ä", taskapi.MaxTitleLength+1)
	field := field422
	var cases []contractCase
	for _, c := range []struct {
		name, method, path, body string
		want                     []taskapi.FieldError
	}{
		{"no title", "POST", tasks, `{}`, []taskapi.FieldError{field("title", taskapi.FieldRequired)}},
		{"no body", "POST", tasks, ``, []taskapi.FieldError{field("body", taskapi.FieldRequired)}},
		{"not JSON", "POST", tasks, `{"title":`, []taskapi.FieldError{field("body", taskapi.FieldFormat)}},
		{"two values", "POST", tasks, `{"title":"a"} {}`, []taskapi.FieldError{field("body", taskapi.FieldFormat)}},
		{"an array", "POST", tasks, `[]`, []taskapi.FieldError{field("body", taskapi.FieldType)}},
		{"invalid UTF-8", "POST", tasks, "{\"title\":\"\xff\"}", []taskapi.FieldError{field("body", taskapi.FieldFormat)}},
		{"nested too deeply", "POST", tasks, `{"title":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, []taskapi.FieldError{field("body", taskapi.FieldFormat)}},
		{"NUL", "POST", tasks, `{"title":"a\u0000"}`, []taskapi.FieldError{field("title", taskapi.FieldFormat)}},
		{"NUL in a tag", "POST", tasks, `{"title":"a","tags":["b","c\u0000"]}`, []taskapi.FieldError{field("tags[1]", taskapi.FieldFormat)}},
		{"a name twice", "POST", tasks, `{"title":"a","title":"b"}`, []taskapi.FieldError{field("title", taskapi.FieldDuplicate)}},
		{"an unknown field", "POST", tasks, `{"title":"a","color":"red"}`, []taskapi.FieldError{field("color", taskapi.FieldUnknown)}},
		{"a field in another case", "POST", tasks, `{"title":"a","Tags":[]}`, []taskapi.FieldError{field("Tags", taskapi.FieldUnknown)}},
		{"a user's id", "POST", tasks, `{"title":"a","userId":"bob"}`, []taskapi.FieldError{field("userId", taskapi.FieldUnknown)}},
		{"a field that the service sets", "POST", tasks, `{"title":"a","version":7}`, []taskapi.FieldError{field("version", taskapi.FieldUnknown)}},
		{"a number for a title", "POST", tasks, `{"title":1}`, []taskapi.FieldError{field("title", taskapi.FieldType)}},
		{"null for a title", "POST", tasks, `{"title":null}`, []taskapi.FieldError{field("title", taskapi.FieldType)}},
		{"null for a description", "POST", tasks, `{"title":"a","description":null}`, []taskapi.FieldError{field("description", taskapi.FieldNull)}},
		{"null for tags", "POST", tasks, `{"title":"a","tags":null}`, []taskapi.FieldError{field("tags", taskapi.FieldNull)}},
		{"null among tags", "POST", tasks, `{"title":"a","tags":[null]}`, []taskapi.FieldError{field("tags[0]", taskapi.FieldType)}},
		{"a text for completed", "POST", tasks, `{"title":"a","completed":"true"}`, []taskapi.FieldError{field("completed", taskapi.FieldType)}},
		{"a blank title", "POST", tasks, `{"title":"  "}`, []taskapi.FieldError{field("title", taskapi.FieldTooShort)}},
		{"an invisible title", "POST", tasks, `{"title":"\u200b"}`, []taskapi.FieldError{field("title", taskapi.FieldTooShort)}},
		{"a title of Braille blanks", "POST", tasks, `{"title":"\u2800\u2800"}`, []taskapi.FieldError{field("title", taskapi.FieldTooShort)}},
		{"a title of an accent alone", "PUT", tasks + "/" + missing, `{"title":" \u0301 "}`, []taskapi.FieldError{field("title", taskapi.FieldTooShort)}},
		{"a title of a Hangul filler", "PATCH", tasks + "/" + missing, `{"title":"\u3164"}`, []taskapi.FieldError{field("title", taskapi.FieldTooShort)}},
		{"an invisible tag", "POST", tasks, `{"title":"a","tags":["b","\ufeff"]}`, []taskapi.FieldError{field("tags[1]", taskapi.FieldTooShort)}},
		{"a long title", "POST", tasks, `{"title":"` + long + `"}`, []taskapi.FieldError{field("title", taskapi.FieldTooLong)}},
		{"a long description", "POST", tasks, `{"title":"a","description":"` + strings.Repeat("a", taskapi.MaxDescriptionLength+1) + `"}`, []taskapi.FieldError{field("description", taskapi.FieldTooLong)}},
		{"an unknown priority", "POST", tasks, `{"title":"a","priority":"top"}`, []taskapi.FieldError{field("priority", taskapi.FieldNotAllowed)}},
		{"a date without time", "POST", tasks, `{"title":"a","dueAt":"2026-11-30"}`, []taskapi.FieldError{field("dueAt", taskapi.FieldFormat)}},
		{"the year 0", "POST", tasks, `{"title":"a","dueAt":"0000-12-31T00:00:00Z"}`, []taskapi.FieldError{field("dueAt", taskapi.FieldOutOfRange)}},
		{"the year 10000 in UTC", "POST", tasks, `{"title":"a","dueAt":"9999-12-31T23:59:59-01:00"}`, []taskapi.FieldError{field("dueAt", taskapi.FieldOutOfRange)}},
		{"a number for a date", "POST", tasks, `{"title":"a","dueAt":1795000000}`, []taskapi.FieldError{field("dueAt", taskapi.FieldType)}},
		{"21 tags", "POST", tasks, `{"title":"a","tags":["` + strings.Join(strings.Split("abcdefghijklmnopqrstu", ""), `","`) + `"]}`, []taskapi.FieldError{field("tags", taskapi.FieldTooMany)}},
		{"an empty tag", "POST", tasks, `{"title":"a","tags":[""]}`, []taskapi.FieldError{field("tags[0]", taskapi.FieldTooShort)}},
		{"a long tag", "POST", tasks, `{"title":"a","tags":["b","` + strings.Repeat("ä", taskapi.MaxTagLength+1) + `"]}`, []taskapi.FieldError{field("tags[1]", taskapi.FieldTooLong)}},
		{"two errors", "POST", tasks, `{"title":"","color":1}`, []taskapi.FieldError{field("color", taskapi.FieldUnknown), field("title", taskapi.FieldTooShort)}},
		{"a query without parameters", "POST", tasks + "?color=red", `{"title":"a"}`, []taskapi.FieldError{field("color", taskapi.FieldUnknown)}},
		{"an empty patch", "PATCH", tasks + "/" + missing, `{}`, []taskapi.FieldError{field("body", taskapi.FieldTooFew)}},
		{"null for a title in a patch", "PATCH", tasks + "/" + missing, `{"title":null}`, []taskapi.FieldError{field("title", taskapi.FieldNull)}},
		{"a blank title in a patch", "PATCH", tasks + "/" + missing, `{"title":" "}`, []taskapi.FieldError{field("title", taskapi.FieldTooShort)}},
		{"an unknown field in a patch", "PATCH", tasks + "/" + missing, `{"title":"a","id":"` + missing + `"}`, []taskapi.FieldError{field("id", taskapi.FieldUnknown)}},
		{"an array for a patch", "PATCH", tasks + "/" + missing, `[]`, []taskapi.FieldError{field("body", taskapi.FieldType)}},
		{"an array for a replacement", "PUT", tasks + "/" + missing, `[]`, []taskapi.FieldError{field("body", taskapi.FieldType)}},
		{"a replacement without title", "PUT", tasks + "/" + missing, `{"completed":true}`, []taskapi.FieldError{field("title", taskapi.FieldRequired)}},
		{"an invalid id", "GET", tasks + "/7", ``, []taskapi.FieldError{field("id", taskapi.FieldFormat)}},
		{"an invalid id to restore", "POST", tasks + "/7/restore", ``, []taskapi.FieldError{field("id", taskapi.FieldFormat)}},
		{"permanent in words", "DELETE", tasks + "/" + missing + "?permanent=maybe", ``, []taskapi.FieldError{field("permanent", taskapi.FieldType)}},
		{"a limit of 0", "GET", tasks + "?limit=0", ``, []taskapi.FieldError{field("limit", taskapi.FieldOutOfRange)}},
		{"a limit of 201", "GET", tasks + "?limit=201", ``, []taskapi.FieldError{field("limit", taskapi.FieldOutOfRange)}},
		{"a limit in words", "GET", tasks + "?limit=ten", ``, []taskapi.FieldError{field("limit", taskapi.FieldType)}},
		{"completed in words", "GET", tasks + "?completed=maybe", ``, []taskapi.FieldError{field("completed", taskapi.FieldType)}},
		{"deleted in words", "GET", tasks + "?deleted=maybe", ``, []taskapi.FieldError{field("deleted", taskapi.FieldType)}},
		{"an unknown sort order", "GET", tasks + "?sort=color", ``, []taskapi.FieldError{field("sort", taskapi.FieldNotAllowed)}},
		{"an unknown priority in a filter", "GET", tasks + "?priority=high&priority=top", ``, []taskapi.FieldError{field("priority[1]", taskapi.FieldNotAllowed)}},
		{"a date without time in a filter", "GET", tasks + "?dueBefore=2026-11-30", ``, []taskapi.FieldError{field("dueBefore", taskapi.FieldFormat)}},
		{"many tags in a filter", "GET", tasks + "?tag=a" + strings.Repeat("&tag=a", taskapi.MaxTags), ``, []taskapi.FieldError{field("tag", taskapi.FieldTooMany)}},
		{"a long search", "GET", tasks + "?q=" + strings.Repeat("a", 501), ``, []taskapi.FieldError{field("q", taskapi.FieldTooLong)}},
		{"NUL in a search", "GET", tasks + "?q=a%00", ``, []taskapi.FieldError{field("q", taskapi.FieldFormat)}},
		{"NUL in a tag to filter by", "GET", tasks + "?tag=a%00", ``, []taskapi.FieldError{field("tag", taskapi.FieldFormat)}},
		{"an unknown parameter", "GET", tasks + "?color=red", ``, []taskapi.FieldError{field("color", taskapi.FieldUnknown)}},
		{"a parameter in another case", "GET", tasks + "?Limit=3", ``, []taskapi.FieldError{field("Limit", taskapi.FieldUnknown)}},
		{"a change number below 0", "GET", "/api/changes?after=-1", ``, []taskapi.FieldError{field("after", taskapi.FieldOutOfRange)}},
		{"a change number in words", "GET", "/api/changes?after=now", ``, []taskapi.FieldError{field("after", taskapi.FieldType)}},
		{"a limit of 201 changes", "GET", "/api/changes?limit=201", ``, []taskapi.FieldError{field("limit", taskapi.FieldOutOfRange)}},
		{"a limit twice", "GET", tasks + "?limit=1&limit=1000", ``, []taskapi.FieldError{field("limit", taskapi.FieldDuplicate)}},
		{"the same limit twice", "GET", tasks + "?limit=1&limit=1", ``, []taskapi.FieldError{field("limit", taskapi.FieldDuplicate)}},
		{"permanent twice", "DELETE", tasks + "/" + missing + "?permanent=true&permanent=false", ``, []taskapi.FieldError{field("permanent", taskapi.FieldDuplicate)}},
		{"two parameters twice", "GET", tasks + "?q=a&sort=title&q=b&sort=title", ``, []taskapi.FieldError{field("q", taskapi.FieldDuplicate), field("sort", taskapi.FieldDuplicate)}},
		{"a time zone twice", "GET", tasks + "/stats?timeZone=UTC&timeZone=UTC", ``, []taskapi.FieldError{field("timeZone", taskapi.FieldDuplicate)}},
		{"a change number twice", "GET", "/api/changes?after=1&after=2", ``, []taskapi.FieldError{field("after", taskapi.FieldDuplicate)}},
		{"a change number twice for a stream", "GET", "/api/events?after=1&after=2", ``, []taskapi.FieldError{field("after", taskapi.FieldDuplicate)}},
		{"an unknown parameter twice", "POST", tasks + "?color=red&color=blue", `{"title":"a"}`, []taskapi.FieldError{field("color", taskapi.FieldUnknown)}},
		{"permanent without a value", "DELETE", tasks + "/" + missing + "?permanent", ``, []taskapi.FieldError{field("permanent", taskapi.FieldFormat)}},
		{"a limit without a value", "GET", tasks + "?limit=", ``, []taskapi.FieldError{field("limit", taskapi.FieldFormat)}},
		{"a list without a value", "GET", tasks + "?listId=", ``, []taskapi.FieldError{field("listId", taskapi.FieldFormat)}},
		{"a parent without a value", "GET", tasks + "?parentId=", ``, []taskapi.FieldError{field("parentId", taskapi.FieldFormat)}},
		{"a sort order without a value", "GET", tasks + "?sort=", ``, []taskapi.FieldError{field("sort", taskapi.FieldFormat)}},
		{"a time without a value", "GET", tasks + "?dueBefore=", ``, []taskapi.FieldError{field("dueBefore", taskapi.FieldFormat)}},
		{"a time whose plus is not escaped", "GET", tasks + "?dueBefore=2026-11-30T17:00:00+01:00", ``, []taskapi.FieldError{field("dueBefore", taskapi.FieldFormat)}},
		{"a tag without a value", "GET", tasks + "?tag=", ``, []taskapi.FieldError{field("tag", taskapi.FieldFormat)}},
		{"a priority without a value", "GET", tasks + "?priority=high&priority=", ``, []taskapi.FieldError{field("priority", taskapi.FieldFormat)}},
		{"a query with a semicolon", "GET", tasks + "?limit=1;deleted=true", ``, []taskapi.FieldError{field("query", taskapi.FieldFormat)}},
		{"a query with half an escape", "GET", tasks + "?q=%zz", ``, []taskapi.FieldError{field("query", taskapi.FieldFormat)}},
		{"an id without dashes", "GET", tasks + "/" + strings.ReplaceAll(missing, "-", ""), ``, []taskapi.FieldError{field("id", taskapi.FieldFormat)}},
		{"an id in braces", "DELETE", tasks + "/%7B" + missing + "%7D", ``, []taskapi.FieldError{field("id", taskapi.FieldFormat)}},
		{"an id as a URN", "PATCH", tasks + "/urn:uuid:" + missing, `{"title":"a"}`, []taskapi.FieldError{field("id", taskapi.FieldFormat)}},
		{"an id without dashes in a batch", "POST", "/api/batch", `{"operations":[{"op":"delete","kind":"task","id":"` + strings.ReplaceAll(missing, "-", "") + `"}]}`, []taskapi.FieldError{field("operations[0].id", taskapi.FieldFormat)}},
		{"an unknown parameter of the counts", "GET", tasks + "/stats?zone=UTC", ``, []taskapi.FieldError{field("zone", taskapi.FieldUnknown)}},
	} {
		cases = append(cases, contractCase{c.name, func(s *subject) {
			resp := s.raw(c.method, c.path, c.body)
			got := s.problem(resp, taskapi.CodeInvalid, c.want...)
			for _, field := range got.Errors {
				if strings.ContainsAny(field.Message, "|") || strings.Contains(field.Message, "taskapi") {
					s.Errorf("a field's message contains internals: %s", resp.body)
				}
			}
		}})
	}
	return cases
}()

var errorCases = func() []contractCase {
	const tasks = "/api/tasks"
	rejected := func(code taskapi.ErrorCode, method, path, body string, header ...string) func(*subject) {
		return func(s *subject) {
			resp := s.raw(method, path, body, header...)
			s.problem(resp, code)
			if resp.status == http.StatusUnauthorized && !strings.HasPrefix(resp.header.Get("WWW-Authenticate"), "Bearer") {
				s.Errorf("WWW-Authenticate is %q", resp.header.Get("WWW-Authenticate"))
			}
		}
	}
	return []contractCase{
		{"401: no token", rejected(taskapi.CodeUnauthenticated, "GET", tasks, "", "Authorization", "")},
		{"401: another scheme", rejected(taskapi.CodeUnauthenticated, "GET", tasks, "", "Authorization", "Basic YTpi")},
		{"401: a scheme without a token", rejected(taskapi.CodeUnauthenticated, "GET", tasks, "", "Authorization", "Bearer ")},
		{"401: a forged token", rejected(taskapi.CodeUnauthenticated, "GET", tasks, "", "Authorization", "Bearer a.b.c")},
		{"401: before the body is read", rejected(taskapi.CodeUnauthenticated, "POST", tasks, "{", "Authorization", "")},
		{"401: token_expired", func(s *subject) {
			expired := s.target.Token(s.T, s.user, -time.Hour)
			rejected(taskapi.CodeTokenExpired, "GET", tasks, "", "Authorization", "Bearer "+expired)(s)
		}},
		{"404: an unknown path", rejected(taskapi.CodeNotFound, "GET", "/api/nothing", "")},
		{"404: below a known path", rejected(taskapi.CodeNotFound, "GET", tasks+"/"+missing+"/nothing", "")},
		{"405 with Allow", func(s *subject) {
			for path, want := range map[string][]string{
				tasks:                              {"GET", "POST"},
				tasks + "/" + missing + "/restore": {"POST"},
			} {
				resp := s.raw("DELETE", path, "")
				s.problem(resp, taskapi.CodeMethodNotAllowed)
				allow := strings.Join(resp.header.Values("Allow"), ", ")
				for _, method := range want {
					if !slices.Contains(strings.Split(allow, ", "), method) {
						s.Errorf("%s allows %q, want %s among them", path, allow, method)
					}
				}
			}
		}},
		{"413: a huge body", rejected(taskapi.CodeBodyTooLarge, "POST", tasks, `{"title":"`+strings.Repeat("a", 300<<10)+`"}`)},
		{"401: two tokens", func(s *subject) {
			rejected(taskapi.CodeUnauthenticated, "GET", tasks, "", "Authorization", "Bearer "+s.token, "Authorization", "Bearer "+s.token)(s)
		}},
		{"415: a compressed body", rejected(taskapi.CodeUnsupportedMediaType, "POST", tasks, `{"title":"a"}`, "Content-Encoding", "gzip")},
		{"415: two types", rejected(taskapi.CodeUnsupportedMediaType, "POST", tasks, `{"title":"a"}`, "Content-Type", typeJSON, "Content-Type", "text/plain")},
		{"Content-Encoding identity is accepted", func(s *subject) {
			s.task(s.raw("POST", tasks, `{"title":"a"}`, "Content-Encoding", "identity"), http.StatusCreated)
		}},
		{"404: a method that does not exist, on an unknown path", rejected(taskapi.CodeNotFound, "PROPFIND", "/api/nothing", "")},
		{"405: a method that does not exist, with Allow", func(s *subject) {
			resp := s.raw("PROPFIND", tasks, "")
			s.problem(resp, taskapi.CodeMethodNotAllowed)
			if resp.header.Get("Allow") == "" {
				s.Errorf("no Allow in the headers %v", resp.header)
			}
		}},
		{"415: a form", rejected(taskapi.CodeUnsupportedMediaType, "POST", tasks, "title=a", "Content-Type", "application/x-www-form-urlencoded")},
		{"415: creating with a merge patch", rejected(taskapi.CodeUnsupportedMediaType, "POST", tasks, `{"title":"a"}`, "Content-Type", typeMergePatch)},
		{"415: no type at all", rejected(taskapi.CodeUnsupportedMediaType, "POST", tasks, `{"title":"a"}`, "Content-Type", "")},
		{"responses forbid caching and sniffing of their type", func(s *subject) {
			path := "/api/tasks/" + s.create(full()).ID
			for _, resp := range []response{
				s.raw("GET", tasks, ""), s.raw("GET", path, ""), s.raw("GET", path, "", "If-None-Match", "*"), s.raw("HEAD", path, ""),
				s.raw("GET", "/api/nothing", ""), s.raw("POST", tasks, "{"), s.raw("GET", tasks, "", "Authorization", ""),
			} {
				if resp.header.Get("Cache-Control") != "no-store" || resp.header.Get("X-Content-Type-Options") != "nosniff" {
					s.Errorf("status %d: headers %v", resp.status, resp.header)
				}
			}
		}},
		{"the caller's request id is kept if it is safe to log", func(s *subject) {
			for _, c := range []struct {
				sent string
				kept bool
			}{{"order-66.A_b", true}, {"a b", false}, {strings.Repeat("a", 129), false}, {strings.Repeat("a", 128), true}} {
				for _, path := range []string{tasks, "/api/nothing"} {
					got := s.raw("GET", path, "", "X-Request-Id", c.sent).header.Get("X-Request-Id")
					if (got == c.sent) != c.kept || got == "" {
						s.Errorf("sent %q, got %q", c.sent, got)
					}
				}
			}
		}},
	}
}()
