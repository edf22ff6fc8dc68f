package lanes

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"
)

// rows are the rows of one read, as [pgx.Rows].
type rows struct {
	session   *session
	statement *statement
	values    [][]byte
	tag       pgconn.CommandTag
	err       error
	// closed means that the query's result is complete, ready that its transaction has ended,
	// too.
	closed, ready bool
}

var _ pgx.Rows = (*rows)(nil)

// begin reads the result of the statement that sets the user, up to the query's first row.
func (r *rows) begin() error {
	for bound := 0; bound < 2; {
		switch message := r.session.message().(type) {
		case *pgproto3.BindComplete:
			bound++
		case *pgproto3.DataRow, *pgproto3.CommandComplete:
		case *pgproto3.ErrorResponse:
			r.fail(r.session.failed(message))
			return r.err
		default:
			r.session.unexpected(message)
			return r.session.lost
		}
	}
	return nil
}

// sync reads the rest of the result.
func (r *rows) sync() {
	for r.Close(); !r.ready && r.session.lost == nil; {
		switch message := r.session.message().(type) {
		case *pgproto3.ReadyForQuery:
			r.ready = true
		case *pgproto3.ErrorResponse: // at commit
			r.fail(r.session.failed(message))
		default:
			r.session.unexpected(message)
		}
	}
}

func (r *rows) fail(err error) {
	r.closed = true
	if r.err == nil {
		r.err = err
	}
}

// Next reads the next row.
func (r *rows) Next() bool {
	if r.closed {
		return false
	}
	switch message := r.session.message().(type) {
	case *pgproto3.DataRow:
		r.values = message.Values
		return true
	case *pgproto3.CommandComplete:
		r.closed, r.tag = true, pgconn.NewCommandTag(string(message.CommandTag))
	case *pgproto3.ErrorResponse:
		r.fail(r.session.failed(message))
	default:
		r.session.unexpected(message)
		r.fail(r.session.lost)
	}
	r.values = nil
	return false
}

// Close discards the remaining rows.
func (r *rows) Close() {
	for r.Next() {
		continue
	}
}

// Scan reads the values of the current row.
func (r *rows) Scan(targets ...any) error {
	err := r.statement.plans.scan(r, targets)
	if err != nil && r.err == nil {
		r.err = err
	}
	return err
}

// scanPlans scan a statement's columns into targets of certain types. They are cached,
// because a statement's targets always have the same types.
type scanPlans struct {
	types []reflect.Type
	plans []pgtype.ScanPlan
}

func (p *scanPlans) scan(r *rows, targets []any) error {
	if len(targets) != len(r.values) || len(targets) != len(r.statement.fields) {
		return fmt.Errorf("%d columns with %d fields for %d targets", len(r.values), len(r.statement.fields), len(targets))
	}
	if p.types == nil {
		p.types, p.plans = make([]reflect.Type, len(targets)), make([]pgtype.ScanPlan, len(targets))
	}
	for i, target := range targets {
		field := &r.statement.fields[i]
		if typ := reflect.TypeOf(target); p.types[i] != typ {
			p.types[i], p.plans[i] = typ, r.TypeMap().PlanScan(field.DataTypeOID, field.Format, target)
		}
		if err := p.plans[i].Scan(r.values[i], target); err != nil {
			return pgx.ScanArgError{ColumnIndex: i, FieldName: field.Name, Err: err}
		}
	}
	return nil
}

// Values is not supported.
func (r *rows) Values() ([]any, error) { return nil, errors.ErrUnsupported }

// RawValues returns the current row as the server sent it, valid until the next row.
func (r *rows) RawValues() [][]byte { return r.values }

// FieldDescriptions returns the columns.
func (r *rows) FieldDescriptions() []pgconn.FieldDescription { return r.statement.fields }

// CommandTag returns the command tag, once the statement has completed.
func (r *rows) CommandTag() pgconn.CommandTag { return r.tag }

// Err returns the error that ended the rows, if any.
func (r *rows) Err() error { return r.err }

// Conn returns the connection, which must not be used.
func (r *rows) Conn() *pgx.Conn { return r.session.conn }

// TypeMap returns the connection's type map.
func (r *rows) TypeMap() *pgtype.Map { return r.session.conn.TypeMap() }
