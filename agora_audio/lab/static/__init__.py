"""What the browser runs: built from ``viewer/`` by ``npm run build``, never edited here."""
