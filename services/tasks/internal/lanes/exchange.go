package lanes

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// session has what lanes keep for a connection.
type session struct {
	conn       *pgx.Conn
	statements map[string]*statement
	// builder, bind and user are reused for each read.
	builder pgx.ExtendedQueryBuilder
	bind    pgproto3.Bind
	user    []byte
	// lost is the error that made the connection unusable.
	lost error
	// stale means that a statement must be prepared again.
	stale bool
}

// statement is a prepared statement.
type statement struct {
	name string
	*pgconn.StatementDescription
	// fields are its columns in the requested formats.
	fields []pgconn.FieldDescription
	plans  scanPlans
}

// panicked is a panic of a decode function.
type panicked struct{ value any }

func (p panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// exchange sends reads together and passes their results to the callers, in order. It fails
// when the connection is lost; some reads then have no result.
func (l *Lanes) exchange(lane *lane, flush []*read) error {
	conn, err := l.config.Acquire(l.ctx)
	if err != nil {
		if l.ctx.Err() != nil {
			return ErrClosed
		}
		return err
	}
	defer conn.Release()
	l.setDeadline(lane, conn.Conn())
	defer l.clearDeadline(lane)

	s := sessionOf(conn.Conn())
	if s.send(l.config, flush); s.lost == nil {
		s.receive(l.config, flush, func(r *read, err error) {
			l.received(lane)
			r.finish(err)
		})
	}
	if s.lost != nil || s.stale {
		s.close()
	}
	return s.lost
}

// setDeadline sets a deadline on the connection, which Close may shorten.
func (l *Lanes) setDeadline(lane *lane, conn *pgx.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	timeout := l.config.Timeout
	if l.closed {
		timeout = closeTimeout
	}
	lane.conn = conn.PgConn().Conn()
	_ = lane.conn.SetDeadline(time.Now().Add(timeout)) // an error recurs in the next write
}

func (l *Lanes) clearDeadline(lane *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = lane.conn.SetDeadline(time.Time{})
	lane.conn = nil
}

// sessionKey is the key of a connection's session in its custom data.
const sessionKey = "tasklane/lanes"

func sessionOf(conn *pgx.Conn) *session {
	data := conn.PgConn().CustomData()
	s, ok := data[sessionKey].(*session)
	if !ok {
		s = &session{conn: conn, statements: map[string]*statement{}}
		data[sessionKey] = s
	}
	return s
}

// close closes the connection at once. Its pool then drops it.
func (s *session) close() {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.conn.Close(now) // the connection is broken anyway
}

// send sends the reads. A read that cannot be sent gets its error, and no statement.
func (s *session) send(config Config, flush []*read) {
	// Preparing takes a round trip, once for each text and connection.
	var setUser *statement
	for _, r := range flush {
		var err error
		if setUser, err = s.prepare(config.SetUser); err == nil {
			r.statement, err = s.prepare(r.text)
		}
		if s.lost != nil {
			return
		}
		if err != nil {
			r.finish(fmt.Errorf("prepare a read: %w", err))
		}
	}
	frontend := s.conn.PgConn().Frontend()
	for _, r := range flush {
		if r.statement == nil {
			continue
		}
		if err := s.builder.Build(s.conn.TypeMap(), r.statement.StatementDescription, r.args); err != nil {
			r.statement = nil
			r.finish(err)
			continue
		}
		if config.Tracer != nil {
			r.tracing = config.Tracer.TraceQueryStart(r.ctx, s.conn, pgx.TraceQueryStartData{SQL: r.text, Args: r.args})
		}
		s.user = append(s.user[:0], r.user...)
		s.bind = pgproto3.Bind{PreparedStatement: setUser.name, Parameters: [][]byte{s.user}}
		frontend.SendBind(&s.bind)
		frontend.SendExecute(&pgproto3.Execute{})
		s.bind = pgproto3.Bind{
			PreparedStatement:    r.statement.name,
			ParameterFormatCodes: s.builder.ParamFormats,
			Parameters:           s.builder.ParamValues,
			ResultFormatCodes:    s.builder.ResultFormats,
		}
		frontend.SendBind(&s.bind)
		frontend.SendExecute(&pgproto3.Execute{})
		frontend.SendSync(&pgproto3.Sync{})
	}
	if err := frontend.Flush(); err != nil {
		s.markLost(err)
	}
}

// prepare returns the prepared statement for a text.
func (s *session) prepare(text string) (*statement, error) {
	if st, ok := s.statements[text]; ok {
		return st, nil
	}
	name := "lane_" + strconv.Itoa(len(s.statements))
	description, err := s.conn.PgConn().Prepare(context.Background(), name, text, nil) // bounded by the connection's deadline
	if err != nil {
		if s.conn.IsClosed() {
			s.markLost(err)
		}
		return nil, err
	}
	st := &statement{name: name, StatementDescription: description}
	for _, f := range description.Fields {
		f.Format = s.conn.TypeMap().FormatCodeForOID(f.DataTypeOID)
		st.fields = append(st.fields, f)
	}
	s.statements[text] = st
	return st, nil
}

// receive reads the results of all reads that were sent, and passes each to received.
func (s *session) receive(config Config, flush []*read, received func(*read, error)) {
	for _, r := range flush {
		if r.statement == nil {
			continue
		}
		rows := &rows{session: s, statement: r.statement}
		err := rows.begin()
		if err == nil {
			err = r.read(rows)
		}
		rows.sync()
		if s.lost != nil {
			err = s.lost
		}
		if config.Tracer != nil {
			config.Tracer.TraceQueryEnd(r.tracing, s.conn, pgx.TraceQueryEndData{CommandTag: rows.tag, Err: err})
		}
		received(r, err)
		if s.lost != nil {
			return
		}
	}
}

// read calls the caller's decode function. It recovers a panic, which must end neither the
// process nor the lane.
func (r *read) read(rows *rows) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = panicked{value}
		}
	}()
	if err := r.decode(rows); err != nil {
		return err
	}
	rows.Close()
	return rows.err
}

// message returns the next message that belongs to a result, or nil when the connection is
// lost.
func (s *session) message() pgproto3.BackendMessage {
	for s.lost == nil {
		message, err := s.conn.PgConn().ReceiveMessage(context.Background()) // bounded by the connection's deadline
		if err != nil {
			s.markLost(err)
			break
		}
		switch message.(type) {
		case *pgproto3.ParameterStatus, *pgproto3.NoticeResponse, *pgproto3.NotificationResponse:
		default:
			return message
		}
	}
	return nil
}

// failed converts an error message to an error.
func (s *session) failed(message *pgproto3.ErrorResponse) error {
	err := pgconn.ErrorResponseToPgError(message)
	// The statement's columns have changed, or the server has dropped it.
	s.stale = s.stale || err.Code == "0A000" || err.Code == "26000"
	return err
}

func (s *session) unexpected(message pgproto3.BackendMessage) {
	s.markLost(fmt.Errorf("unexpected message %T", message))
}

// markLost marks the connection as lost, with the first error.
func (s *session) markLost(err error) {
	if s.lost == nil {
		s.lost = fmt.Errorf("%w: %w", ErrLost, err)
	}
}
