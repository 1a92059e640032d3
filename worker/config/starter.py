"""What `duecourse init` writes: a small configuration that works as it stands and says what to change next."""

STARTER = """\
# duecourse: what is written here is all it knows about you. Check it with `duecourse check`.
# Every option is in config.example.yaml; the reference is docs/reference/configuration.md.

mode: preview                   # nothing leaves until this says live
state: ./state                  # the logbook and the outbox: keep it, and back it up

mail:
  mailer: outbox                # messages become files in state/outbox; later: smtp or sendgrid
  # redirect all to: me@example.com     # while trying out, everything goes to you

# Over these days nothing but thanks is sent.
quiet:
  - 24 dec - 1 jan every year

policy: considerate             # or standard, or one of your own in policies/NAME.yaml

organisations:
  demo:
    # The simulated company that ships with duecourse. Your own books come here:
    # books: {kind: xero, client id from: {env: XERO_CLIENT_ID}, client secret from: {env: XERO_CLIENT_SECRET}}
    # books: {kind: csv, invoices: books/invoices.csv, clients: books/clients.csv, payments: books/payments.csv}
    books: {kind: sandbox}
    zone: Europe/London
    country: GB
    sender: {name: "Accounts, Demo Company", email: accounts@example.com}
    signature: {name: Accounts team, email: accounts@example.com, phone: "+44 20 7946 0000"}
    ways to pay:
      - Bank transfer to the account on your invoice
    terms: Payment is due 30 days after the invoice date
    reconciled: daily           # how often the bank is reconciled in the books
    # backlog: leave            # needed for live mode: chase what is overdue already, or leave it

    # What you know about single clients. `duecourse clients demo` writes a spreadsheet for the same.
    # A client is named by its id, its account number or its exact name in the books.
    # clients:
    #   - client: Harbour Studio Ltd
    #     pays: last friday
    #     cut-off: 3 business days
    #   - client: Quayside Books
    #     hold until: 2026-03-31
    #     why: we are putting their order right
"""
"""The text of the first config.yaml."""
