"""The same pull with Xero's official SDK: `pull_sdk.py PORT PAGE_SIZE [summary]`; prints {"n": ..., "cents": ...}."""

import json
import sys
import time

from xero_python.accounting import AccountingApi
from xero_python.api_client import ApiClient, Configuration
from xero_python.api_client.oauth2 import OAuth2Token

TENANT = "11111111-1111-4111-8111-111111111111"


def main(port: int, size: int, *words: str) -> None:
    token = {
        "access_token": "bench-access-token",
        "token_type": "Bearer",
        "expires_in": 1800,
        "expires_at": time.time() + 1800,
        "refresh_token": "bench",
        "scope": ["accounting.transactions.read"],
    }
    configuration = Configuration(oauth2_token=OAuth2Token(client_id="bench", client_secret="bench"))
    client = ApiClient(configuration, oauth2_token_getter=lambda: token, oauth2_token_saver=lambda _: None)
    api = AccountingApi(client, base_url=f"http://127.0.0.1:{port}/api.xro/2.0")
    more = {"summary_only": True} if "summary" in words else {}
    rows: list[tuple[object, ...]] = []
    page, last = 0, size
    while last == size:
        page += 1
        found = api.get_invoices(
            TENANT, where='Type=="ACCREC"', statuses=["AUTHORISED"], page=page, page_size=size, **more
        ).invoices
        last = len(found)
        rows += [
            (
                i.invoice_id,
                i.invoice_number,
                i.contact.contact_id,
                i.due_date,
                i.currency_code,
                round(i.amount_due * 100),
            )
            for i in found
        ]
    print(json.dumps({"n": len(rows), "cents": sum(int(str(r[-1])) for r in rows)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
