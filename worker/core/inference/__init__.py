"""Payment runs learnt from what clients really do: pure, per client, and honest about not knowing."""
